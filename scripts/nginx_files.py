# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Render the nginx files of the role nginx_lb for several declarations, and check them.

crossplane must know every directive in its context, and gixy must find no security issue. nginx
itself tests the files on the lab. The files of each case stay in .cache/nginx/CASE.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import crossplane
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar

ROOT = Path(__file__).resolve().parent.parent
ROLE = ROOT / "roles" / "nginx_lb"
WORK = ROOT / ".cache" / "nginx"

MEMBERS = [
    {"name": "web1", "address": "10.1.0.2", "port": 3000, "weight": 3},
    {"name": "web2", "address": "10.1.0.3", "port": 3000, "state": "drain"},
]
SPARE = {"name": "web3", "address": "10.1.0.4", "port": 3000, "backup": True}
DATABASE = {
    "name": "mysql",
    "members": [{"name": "db1", "address": "10.2.0.2", "port": 3306}],
}
LISTENERS = [
    {"port": 80, "pool": "webapp"},
    {
        "port": 3306,
        "pool": "mysql",
        "protocol": "tcp",
        "address": "10.0.0.2",
        "allow": ["10.1.0.2/31"],
    },
]
# By case: the settings of the web pool and the variables of the role that differ from the defaults.
CASES: dict[str, tuple[dict[str, t.Any], dict[str, t.Any]]] = {
    "defaults": ({}, {}),
    "old_nginx": ({}, {"nginx_lb_image": "nginx:1.22.1"}),
    "least_conn_with_backup": ({"method": "least_conn", "members": [*MEMBERS, SPARE]}, {}),
    "random": ({"method": "random"}, {}),
    "ip_hash": ({"method": "ip_hash"}, {}),
    "hash": ({"method": "hash", "hash_key": "$http_x_user"}, {}),
    "sticky": ({"method": "sticky"}, {}),
    "no_retry_no_keepalive": ({"retry_on": [], "keepalive": 0}, {}),
    "limited": ({"members": [{**MEMBERS[0], "max_conns": 100}, MEMBERS[1]]}, {}),
    "can_fail": ({"members": [{**MEMBERS[0], "max_fails": 3}, MEMBERS[1]]}, {}),
    "behind_a_proxy": ({}, {"nginx_lb_trusted_proxies": ["35.191.0.0/16"]}),
    "own_names": ({}, {"nginx_lb_server_names": ["shop.example", "*.shop.example"]}),
    "limits_of_clients": ({}, {"nginx_lb_limit_conn": 20, "nginx_lb_limit_conn_tcp": 20}),
}
# crossplane does not know these directives yet.
NEW_DIRECTIVES = ("keepalive_min_timeout", "sticky")
# This file is part of the image, not of a release.
IN_THE_IMAGE = "/etc/nginx/mime.types"


def render(pool: dict[str, t.Any], variables: dict[str, t.Any], place: Path) -> str:
    """Write the files of a declaration's release, and return its nginx version, such as "1.30"."""
    # init_plugin_loader(), which main() calls, makes the collection importable.
    from ansible_collections.peerlb.stack.plugins.module_utils._balancer.inputs import Inputs
    from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Listener, Pool

    web = {"name": "webapp", "members": MEMBERS, **pool}
    pools = [Pool.parse(entry).params() for entry in (web, DATABASE)]
    listeners = [vars(Listener.parse(entry, ["webapp", "mysql"])) for entry in LISTENERS]
    given = {"nginx_lb_pools": pools, "nginx_lb_listeners": listeners, **variables}
    templar = Templar(DataLoader(), variables={**role_variables(), **given})
    names = ("__nginx_lb_templates", "__nginx_lb_parts")
    parts = [templar.template(templar.available_variables[name]) for name in names]
    files = {**parts[0], **parts[1]}
    version = templar.template(templar.available_variables["nginx_lb_version"])
    release = Inputs.parse(files, pools, listeners, version).release()
    for name, text in {**release.files, **release.generated()}.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(version)


def role_variables() -> dict[str, t.Any]:
    """Return the role's defaults and vars."""
    found: dict[str, t.Any] = {"ansible_search_path": [str(ROLE)]}
    for name in ("defaults", "vars"):
        path = str(ROLE / name / "main.yml")
        found.update(DataLoader().load_from_file(path, trusted_as_template=True))
    return found


def unknown_directives(nginx_conf: Path) -> list[str]:
    """Return crossplane's errors, such as "nginx.conf: unknown directive ..."."""
    parsed = crossplane.parse(str(nginx_conf), strict=True)
    errors = [f"{error['file']}: {error['error']}" for error in parsed["errors"]]
    excused = [*(f'unknown directive "{name}"' for name in NEW_DIRECTIVES), IN_THE_IMAGE]
    return [line for line in errors if not any(words in line for words in excused)]


def security_issues(nginx_conf: Path) -> list[str]:
    """Return what gixy finds, with the lines of the configuration."""
    command = ["gixy", "--format", "json", str(nginx_conf)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:
        return [done.stderr or f"gixy printed nothing, rc {done.returncode}"]
    return [
        f"{issue['plugin']}: {issue['summary']} {issue['reason']}\n{issue['config']}"
        for issue in json.loads(done.stdout)
    ]


def main() -> int:
    """Check each case and return the exit code."""
    init_plugin_loader()
    shutil.rmtree(WORK, ignore_errors=True)
    failed = 0
    for case, (pool, variables) in CASES.items():
        place = WORK / case
        version = render(pool, variables, place)
        found = []
        for nginx_conf in sorted(place.glob("nginx*.conf")):
            found += unknown_directives(nginx_conf) + security_issues(nginx_conf)
        failed += bool(found)
        print(f"{case}: nginx {version}: {'refused' if found else 'ok'}", *found, sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

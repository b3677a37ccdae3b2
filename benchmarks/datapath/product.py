# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The product as it is deployed: the files of the role nginx_lb, rendered for the benchmark."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from . import place

# The last release line before live pools, and the last one before the edge: what the product is
# compared with.
FORMER, BEFORE_EDGE = "d16c875", "b47d064"
STORE = "store"  # certificates and flags, in the directory of a peer
# What the collection wrote for the role of BEFORE_EDGE, beside its templates.
LOCATION = {"upstreams/location-webapp.conf": "location / {\n    proxy_pass http://webapp;\n}\n"}


def role_of(commit: str) -> Path | None:
    """Return the directory of the role as of a commit; None in a clone without the commit."""
    target = place.CACHE / f"role-{commit}"
    role = target / "roles/nginx_lb"
    if not role.exists():
        command = ["git", "archive", commit, "roles/nginx_lb"]
        packed = subprocess.run(command, cwd=place.ROOT, capture_output=True, check=False)
        if packed.returncode:
            return None
        target.mkdir(parents=True)
        subprocess.run(["tar", "-x", "-C", target], input=packed.stdout, check=True)
    return role


def render(
    role: Path, target: Path, ports: tuple[int, int], status_port: int, **settings: t.Any
) -> dict[str, str]:
    """Return the files of a release by path: an http and a tcp listener at *ports*.

    settings: those of the pool under the name of "pool", those of the http listener under that of
    "listener", and variables of the role.
    """
    # main() has called init_plugin_loader(), which makes the collection importable.
    from ansible_collections.peerlb.stack.plugins.module_utils._balancer.inputs import Inputs

    given = _declared(ports, settings.pop("pool", {}), settings.pop("listener", {}))
    own = {"nginx_lb_status_port": status_port, "nginx_lb_worker_processes": 1}
    templar = Templar(
        DataLoader(),
        variables={**_defaults(role), **given, **own, "__nginx_lb_logs": str(target), **settings},
    )
    files: dict[str, str] = {}
    for name in ("__nginx_lb_templates", "__nginx_lb_parts"):
        files.update(templar.template(templar.available_variables[name]))
    version = templar.template(templar.available_variables["nginx_lb_version"])
    release = Inputs.parse(files, *given.values(), version).release()
    written = {**LOCATION, **release.files, **release.generated()}
    return {name: _adapted(text, target) for name, text in written.items()}


def _defaults(role: Path) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {"ansible_search_path": [str(role)]}
    for name in ("defaults", "vars"):
        path = str(role / name / "main.yml")
        found.update(DataLoader().load_from_file(path, trusted_as_template=True))
    return found


def _declared(
    ports: tuple[int, int], settings: dict[str, t.Any], http: dict[str, t.Any]
) -> dict[str, t.Any]:
    """Return the role's variables for a pool and its listeners, the pools first."""
    from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Listener, Pool

    members = [
        {"name": f"web{number}", "address": address, "port": 3000}
        for number, address in enumerate(place.MEMBER_ADDRESSES, 1)
    ]
    pool = Pool.parse({"name": "webapp", "members": members, **settings})
    kinds = ({"protocol": "http", **http}, {"protocol": "tcp"})
    listeners = [
        vars(Listener.parse({"port": port, "pool": "webapp", **kind}, ["webapp"]))
        for port, kind in zip(ports, kinds)
    ]
    return {"nginx_lb_pools": [pool.params()], "nginx_lb_listeners": listeners}


def _adapted(text: str, target: Path) -> str:
    """Return a file with what the container has and this machine has not replaced."""
    module = place.CACHE / "sid/usr/lib/nginx/modules/ngx_stream_module.so"
    for old, new in (
        ("include /etc/nginx/modules-enabled/*.conf;", f"load_module {module};"),
        ("/etc/nginx/mime.types", str(place.CACHE / "sid/etc/nginx/mime.types")),
        ("user nginx;", "user root;"),
        ("/run/", f"{target}/"),
        ("_temp_path /tmp/", f"_temp_path {target}/"),
        ("/etc/nginx/peerlb/current", str(target)),
        # Nearly as short as the path in the container: nginx works on its letters at each request.
        ("/etc/nginx/peerlb", f"/proc/self/cwd/{STORE}"),
    ):
        text = text.replace(old, new)
    return text

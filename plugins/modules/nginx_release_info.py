#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_release_info
short_description: Report which release of nginx is live, and how it balances
version_added: 1.0.0
description:
  - Reads the releases of M(peerlb.stack.nginx_release) from the disk, and asks nginx which one it
    serves.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.nginx
  - peerlb.stack.reader
options:
  path:
    description: The directory of the Compose project.
    type: path
    default: /opt/peerlb/nginx_lb
  status_port:
    description:
      - The port on 127.0.0.1 where nginx answers C(/release). It counts only for releases whose own
        files do not tell their port.
    type: int
    default: 8081
  container:
    description: The name of nginx's container.
    type: str
    default: peerlb-nginx
  logs:
    description:
      - The directory of nginx's logs. The access logs are read if O(since) is set.
    type: path
    default: /var/log/peerlb/nginx
  since:
    description:
      - For how long up to now to sum up the access logs, in C(s), C(m), C(h) or C(d), such as
        V(5m). If empty, no log is read.
      - At most the last 64 MiB of each log are read.
    type: str
    default: ""
  client:
    description:
      - An IPv4 address whose bans are told in RV(client). If it is empty, only what is in
        maintenance is told.
    type: str
  patience:
    description:
      - For how many seconds to wait at most until the unit C(peerlb-pools) finds no member bad that
        should serve. A member that has just been started takes some probes.
    type: float
    default: 0
"""

EXAMPLES = r"""
- name: Look at the load balancer
  peerlb.stack.nginx_release_info:
  register: balancer
"""

RETURN = r"""
release:
  description: The id of the release that is live on the disk; empty if there is none.
  returned: success
  type: str
  sample: 3f9a1c52be07
serving:
  description: The id of the release that nginx serves; empty if nginx does not answer.
  returned: success
  type: str
  sample: 3f9a1c52be07
nginx:
  description:
    - The C(version) of the nginx that runs, as C(nginx -v) says in its container. An image's tag
      does not tell it. The C(note) says that the version has known holes. Both are empty if no
      nginx runs.
  returned: success
  type: dict
  sample: {"version": "1.30.6", "note": ""}
logs:
  description:
    - How many C(bytes) the files in O(logs) have, with the rotated ones. C(rotation_failed) tells
      whether the last run of the unit C(peerlb-logs.service) failed.
  returned: success
  type: dict
  sample: {"bytes": 1336266, "rotation_failed": false}
pools:
  description: The pools as nginx balances to them, with the weights and states set at run time.
  returned: success
  type: list
  elements: dict
declared:
  description: The pools as the inventory declares them.
  returned: success
  type: list
  elements: dict
listeners:
  description: The listeners.
  returned: success
  type: list
  elements: dict
overrides:
  description: The weights and states set at run time, by pool and member, with who, when and why.
  returned: success
  type: dict
  sample:
    webapp: {web1: {weight: 3, by: ada, at: "2026-01-01T10:00:00Z", reason: the new version}}
differences:
  description: A sentence for each weight or state set at run time that differs from the inventory.
  returned: success
  type: list
  elements: str
unit:
  description:
    - How the unit C(peerlb-pools) on the load balancer does, which watches the members and tells
      nginx who serves. Empty if the live release has no such unit.
    - C(alive) tells whether the unit is at work, C(seconds_ago) when it wrote its last report
      (null if it never did), and C(errors) what does not work.
  returned: success
  type: dict
  sample: {"alive": true, "errors": [], "seconds_ago": 0.4}
health:
  description:
    - By pool, what the unit knows of it and of its members.
    - C(engine) is C(dns) if nginx follows changes of the pool without a reload, else C(reload). If
      the pool could not be served by the engine of the load balancer, C(why_reload) tells why.
    - C(asked_seconds_ago) tells by the protocol of the listeners when nginx last asked who serves.
      It is empty if nginx never asked.
    - With C(panic), less than half of the weight is good, so all members serve.
    - The C(state) of a member is C(good), C(bad) or C(unknown), C(since) a time in UTC. C(why) is
      what the last bad probe told. A member that C(flaps) went and came back several times lately.
  returned: success
  type: dict
  sample:
    webapp:
      engine: dns
      why_reload: ""
      panic: false
      asked_seconds_ago: {http: 0.4}
      members:
        web1:
          state: bad
          serves: false
          since: "2026-01-01T10:00:00Z"
          why: answers 503
          flaps: false
certificates:
  description:
    - The certificates on the host. C(used) tells whether the live release serves one. C(source) is
      V(given), V(own_ca), V(acme) or V(placeholder). C(last_attempt) is what the unit wrote that
      renews certificates by ACME. An C(error) tells that one cannot be read.
  returned: success
  type: list
  elements: dict
  sample:
    - name: shop
      names: [shop.example]
      source: acme
      issuer: CN=R11
      serial: 0A1B
      begins: "2026-11-28T10:15:00Z"
      ends: "2027-02-26T10:15:00Z"
      days_left: 60.2
      lifetime_days: 90.0
      used: true
      last_attempt: {}
      error: ""
guard:
  description:
    - What is banned and what is in maintenance. Empty if the live release has no unit
      C(peerlb-guard).
    - C(alive), C(seconds_ago) and C(errors) tell of that unit, as in C(unit).
    - C(banned) is how many ranges are banned, by whomever. C(bans) has a sentence for each of the
      ten that operators and rules have set last, and C(maintenance) for each pool in maintenance.
    - C(in_maintenance) names those pools, V(all) for all that is served.
    - C(lists) tells by the path of a list that another program writes how many C(bans) it has, and
      C(errors), the lines that are none.
  returned: success
  type: dict
  sample:
    alive: true
    seconds_ago: 0.4
    errors: []
    banned: 1
    bans: ["203.0.113.7 until 2026-01-02T10:00:00Z, set by ada (because: tries passwords)"]
    lists: {}
    maintenance: []
    in_maintenance: []
connections:
  description: How many connections this host has to each member, by address and port.
  returned: success
  type: dict
  sample: {"10.1.0.2:3000": 4}
workers:
  description:
    - How many workers of nginx serve the live release, and how many of former releases are still
      finishing requests.
  returned: success
  type: dict
  sample: {"serving": 2, "shutting_down": 0}
traffic:
  description:
    - What each member answered within the time of O(since), by address and port. Empty if O(since)
      is empty.
    - C(share_percent) is the member's share of the requests to its pool. C(errors) counts answers
      of 500 and above, and tries that another member had to make good. 95 of 100 answers took
      C(p95_ms) milliseconds or less.
  returned: success
  type: dict
  sample: {"10.1.0.2:3000": {"requests": 30, "share_percent": 75.0, "errors": 0, "p95_ms": 4.2}}
rules:
  description:
    - What each rule of the gatekeeper did within the time of O(since), and what a rule in preview
      would have done, in requests by action. Empty if O(since) is empty or there is no gatekeeper.
    - C(throttled) counts requests beyond a rate. C(clients) are the clients that a rule refused or
      would have refused most often.
  returned: success
  type: dict
  sample:
    scrapers:
      actions: {"deny": 3}
      would: {}
      clients: [{"client": "192.0.2.7", "requests": 3}]
inspected:
  description:
    - By guarded route of the URL map, how many requests within the time of O(since) had which
      verdict of the web application firewall. While it does not answer, requests are V(uninspected)
      if it fails open, or V(failed) if it fails closed.
  returned: success
  type: dict
  sample: {"shop.example /api/*": {"passed": 90, "refused": 3}}
waf:
  description:
    - The C(state) of the container of the web application firewall. Empty if the live release has
      none.
    - With O(since), how many requests it C(refused), how many it C(would_refuse) if it were no
      preview, and the C(rules) that matched most requests.
  returned: success
  type: dict
  sample:
    state: running
    refused: 3
    would_refuse: 0
    rules: [{"rule": "942100", "requests": 3, "message": "SQL Injection Attack Detected"}]
history:
  description:
    - Which release went live when, by whom and why; the newest is last. C(by) is the operator that
      the caller named, C(login) the user who had logged in to this host. Lines of an earlier
      version have no C(login).
    - A weight or a state of a live pool, a ban and a maintenance are changed without a new release.
      Their lines have the C(change) in words, and the C(id) of the release that was live.
  returned: success
  type: list
  elements: dict
client:
  description:
    - What would hold for a request of O(client). C(bans) are those that hold its address; C(until)
      is in seconds of the epoch, or null. C(maintenance) has an entry for each pool in maintenance,
      and V(all) stands for all that is served. Empty without O(client).
  returned: success
  type: dict
  sample:
    bans:
      - {range: 203.0.113.7/32, until: 1767225600.0, by: ada, reason: scans, source: operator}
    maintenance: {}
kept:
  description: The ids of the releases on the disk, to which a rollback is possible.
  returned: success
  type: list
  elements: str
"""

import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._balancer.guard_status import all_changes
from ..module_utils._balancer.health import health, unit, with_changes
from ..module_utils._balancer.inputs import Inputs
from ..module_utils._balancer.live import LiveSettings, settled
from ..module_utils._balancer.nginx import serving_release
from ..module_utils._balancer.nginx_release import NginxRelease
from ..module_utils._balancer.of_client import of_client
from ..module_utils._balancer.running import running_nginx
from ..module_utils._balancer.waf_status import guards
from ..module_utils._certificates.report import certificates_of
from ..module_utils._live import report as reports
from ..module_utils._release.engine import Engine, runner
from ..module_utils._release.store import Store
from ..module_utils._traffic.kernel import count_workers, read_connections
from ..module_utils._traffic.log_files import UNIT, rotation_failed, size
from ..module_utils._traffic.recent import logged

ARGUMENT_SPEC = {
    "path": {"type": "path", "default": "/opt/peerlb/nginx_lb"},
    "status_port": {"type": "int", "default": 8081},
    "container": {"type": "str", "default": "peerlb-nginx"},
    "logs": {"type": "path", "default": "/var/log/peerlb/nginx"},
    "since": {"type": "str", "default": ""},
    "client": {"type": "str"},
    "patience": {"type": "float", "default": 0},
}


def describe(inputs: Inputs, params: dict) -> dict:
    """Return the part of the result that follows from the inputs of the live release."""
    pools = inputs.effective_pools()
    connections = read_connections()
    report, now = settled(inputs, params["patience"]), time.time()
    addresses = [[f"{each.address}:{each.port}" for each in pool.members] for pool in pools]
    return {
        "pools": [pool.params() for pool in pools],
        "declared": [pool.params() for pool in inputs.pools],
        "listeners": [vars(listener) for listener in inputs.listeners],
        "overrides": inputs.overrides,
        "differences": inputs.differences(),
        "unit": unit(report, now) if f"units/{reports.UNIT}" in inputs.files else {},
        "health": health(inputs, report, now),
        "connections": {each: connections.get(each, 0) for pool in addresses for each in pool},
        **logged(params["logs"], params["since"], addresses),
    }


# What describe() would return for a release without pools.
LISTS = ("pools", "declared", "listeners", "differences")
MAPPINGS = ("overrides", "unit", "health", "connections", "traffic", "rules", "inspected")
NOTHING: dict = {**dict.fromkeys(LISTS, []), **dict.fromkeys(MAPPINGS, {})}


def run(params: dict, engine: Engine) -> dict:
    """Return the module's result; a ValueError says what is wrong with a parameter or release."""
    store = Store(str(Path(params["path"]) / "nginx"), NginxRelease)
    live = LiveSettings(store, 0)
    present = store.present()
    rotates = present is not None and f"units/{UNIT}" in present.files
    failed = rotates and rotation_failed(engine.run)
    told = NOTHING
    if isinstance(present, NginxRelease):
        told = describe(Inputs.of(present, live.overrides()), params)
    return {
        "changed": False,
        "release": (store.current_id() or "") if isinstance(present, NginxRelease) else "",
        "serving": serving_release(store, params["status_port"]) or "",
        "nginx": running_nginx(engine, params["container"]),
        "logs": {"bytes": size(params["logs"]), "rotation_failed": failed},
        "history": with_changes(store.history(), all_changes(store.root, live.changes())),
        **guards(engine, store.root, present.files if present else (), params["since"]),
        "kept": store.kept(),
        "certificates": certificates_of(store.root, engine.run, params["container"]),
        "client": of_client(store.root, params["client"], time.time()),
        "workers": count_workers(),
        **told,
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        result = run(module.params, Engine(runner(module.run_command)))
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()

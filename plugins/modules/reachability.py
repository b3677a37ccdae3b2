#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: reachability
short_description: Prove which targets a host can reach, and which it can not
version_added: 0.1.0
description:
  - Probes a list of targets at the same time, from the host it runs on, and compares what it finds
    with what is expected.
  - Fails if any target is not as expected, and names every one that is not.
  - A probe is a real attempt to use the flow. It opens a TCP connection; over it an V(http) probe
    gets a status line, and a V(mysql) probe goes through a whole handshake.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.reader
options:
  targets:
    description: What to probe. The results keep this order.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: How people call this target, such as V(web1 -> db1). Messages begin with it.
        type: str
        required: true
      address:
        description: The IPv4 address to connect to. Host names are refused, as they prove less.
        type: str
        required: true
      port:
        description: The TCP port to connect to.
        type: int
        required: true
      protocol:
        description:
          - What must answer there. V(tcp) is content with a connection.
          - V(http) takes any valid status line, V(502) too. That says that the flow is open, not
            that the service is well.
          - V(mysql) takes any greeting or error of a MySQL or MariaDB server.
        type: str
        choices: [tcp, http, mysql]
        default: tcp
      expect:
        description:
          - V(open) expects the protocol to answer.
          - V(closed) expects that not even a TCP connection comes up.
        type: str
        choices: [open, closed]
        default: open
      path:
        description: What a V(http) probe asks for. The other protocols do not use it.
        type: str
        default: /
  timeout:
    description: How many seconds one probe may take in all, V(60) at most.
    type: float
    default: 2.0
  concurrency:
    description:
      - How many probes run at a time. Fewer do if the host's limit on open files is lower.
      - Of the V(mysql) probes, at most 8 at a time go to the same address and port.
    type: int
    default: 500
  fail_on_mismatch:
    description:
      - Whether to fail if a target is not as expected. If V(false), RV(summary) and RV(results)
        tell.
    type: bool
    default: true
notes:
  - MySQL counts connections that end before the handshake does, and after 100 of them
    (C(max_connect_errors)) it blocks the host they came from. Behind a load balancer this is
    everybody. The V(mysql) probe never adds to that count. A V(tcp) or V(http) probe of a MySQL
    port does; use V(mysql) there, even where the port is expected to be closed.
  - The V(mysql) probe tries to log in as C(peerlb_probe) without a password, which is meant to be
    refused. The server may log it as such.
  - It tells nothing of UDP, of IPv6, or of the way back for connections the other side begins.
"""

EXAMPLES = r"""
- name: Check what web1 can reach, and what it can not
  peerlb.stack.reachability:
    targets:
      - name: web1 -> lb1
        address: 10.0.0.2
        port: 3306
        protocol: mysql
      - name: web1 -> db1
        address: 10.2.0.2
        port: 3306
        protocol: mysql
        expect: closed

- name: Look at the web servers without failing
  peerlb.stack.reachability:
    targets:
      - {name: lb1 -> web1, address: 10.1.0.2, port: 3000, protocol: http, path: /healthz}
      - {name: lb1 -> web2, address: 10.1.0.3, port: 3000, protocol: http, path: /healthz}
    timeout: 0.5
    fail_on_mismatch: false
  register: web_servers
"""

RETURN = r"""
results:
  description: What was found, in the order of O(targets).
  returned: when the probes ran, also when the module fails because of a mismatch
  type: list
  elements: dict
  contains:
    name:
      description: As in O(targets[].name).
      type: str
    address:
      description: As in O(targets[].address).
      type: str
    port:
      description: As in O(targets[].port).
      type: int
    protocol:
      description: As in O(targets[].protocol).
      type: str
    expect:
      description: As in O(targets[].expect).
      type: str
    state:
      description:
        - V(open) is a connection over which the protocol answered.
        - V(refused) is a host that answers, with nothing on this port (or a rule that says so).
        - V(timeout) is no answer in time, to the connection or (RV(results[].connected)) after it.
        - V(no_route) is a network that says there is no way, or a rule that says so.
        - V(wrong_protocol) is a connection over which something else answered, or that ended first.
        - V(blocked) is MySQL's error 1129. The server has blocked the host that it sees.
      type: str
      sample: open
    connected:
      description: Whether a TCP connection came up.
      type: bool
    latency_ms:
      description: Milliseconds from the first packet to the finding.
      type: float
    detail:
      description: The evidence, such as a status line, a greeting or the system's error.
      type: str
      sample: MySQL 9.7.4 greeting, access denied as expected
    ok:
      description: Whether this is as expected.
      type: bool
  sample:
    - name: web1 -> lb1
      address: 10.0.0.2
      port: 3306
      protocol: mysql
      expect: open
      state: open
      connected: true
      latency_ms: 3.1
      detail: MySQL 9.7.4 greeting, access denied as expected
      ok: true
    - name: web1 -> db1
      address: 10.2.0.2
      port: 3306
      protocol: mysql
      expect: closed
      state: no_route
      connected: false
      latency_ms: 0.4
      detail: Network is unreachable
      ok: true
summary:
  description: How many targets there are, how many are as expected and how many are not.
  returned: when the probes ran, also when the module fails because of a mismatch
  type: dict
  sample: {total: 2, ok: 2, mismatched: 0}
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._probe.sweep import probe_all
from ..module_utils._probe.target import (
    ProbeError,
    check_limits,
    mismatch_message,
    parse_targets,
    summary,
)
from ..module_utils._values.protocols import PROTOCOLS

ARGUMENT_SPEC = {
    "targets": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "address": {"type": "str", "required": True},
            "port": {"type": "int", "required": True},
            "protocol": {"type": "str", "choices": list(PROTOCOLS), "default": "tcp"},
            "expect": {"type": "str", "choices": ["open", "closed"], "default": "open"},
            "path": {"type": "str", "default": "/"},
        },
    },
    "timeout": {"type": "float", "default": 2.0},
    "concurrency": {"type": "int", "default": 500},
    "fail_on_mismatch": {"type": "bool", "default": True},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    timeout, concurrency = module.params["timeout"], module.params["concurrency"]

    try:
        check_limits(timeout, concurrency)
        found = probe_all(parse_targets(module.params["targets"]), timeout, concurrency)
    except ProbeError as exc:
        module.fail_json(msg=str(exc))

    report = {
        "changed": False,
        "results": [result.report() for result in found],
        "summary": summary(found),
    }
    mismatch = mismatch_message(found)
    if mismatch and module.params["fail_on_mismatch"]:
        module.fail_json(msg=mismatch, **report)
    module.exit_json(**report)


if __name__ == "__main__":
    main()

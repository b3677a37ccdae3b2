#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: reachability
short_description: Prove which targets a host can reach, and which it cannot
version_added: 1.0.0
description:
  - Probes a list of targets at the same time, from the host on which the module runs, and compares
    each outcome with the expected one.
  - Fails if any target is not as expected, and names every such target.
  - A probe is a real attempt to use a flow. It opens a TCP connection. Over the connection, an
    V(http) probe gets a status line, and a V(mysql) probe goes through a whole handshake.
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
        description: A name for people, such as V(web1 -> db1). Messages begin with the name.
        type: str
        required: true
      address:
        description:
          - The IPv4 address to connect to. A host name is refused, because it may resolve to an
            address that nobody declared.
        type: str
        required: true
      port:
        description: The TCP port to connect to.
        type: int
        required: true
      protocol:
        description:
          - What has to answer. For V(tcp) a connection is enough.
          - For V(http) any valid status line is enough, V(502) too. The status line shows that the
            flow is open, not that the service works. O(targets[].statuses) asks for more.
          - V(https) is the same after a handshake of TLS by the name of O(targets[].host). The
            certificate is told of in RV(results[].detail), and judged only with O(targets[].ca).
          - For V(mysql) any greeting or error of a MySQL or MariaDB server is enough.
          - For V(redis) any answer of a Redis or Valkey server to C(PING) is enough, such as the
            one that a password is needed.
        type: str
        choices: [tcp, http, https, mysql, redis]
        default: tcp
      expect:
        description:
          - V(open) expects the protocol to answer.
          - V(closed) expects that not even a TCP connection comes up.
        type: str
        choices: [open, closed]
        default: open
      path:
        description:
          - The path that a probe of V(http) or V(https) requests. Other probes do not use it.
        type: str
        default: /
      host:
        description:
          - The name by which a probe of V(http) or V(https) asks, in the header C(Host) and in the
            handshake of TLS. An application that knows its own names may refuse every other one.
          - Without it, the probe asks by O(targets[].address) and O(targets[].port).
        type: str
        default: ""
      statuses:
        description:
          - The good answers to a probe of V(http) or V(https). Any other answer has the
            state V(wrong_status).
          - If the list is empty, any status is good. A redirect is not followed.
        type: list
        elements: int
        default: []
      ca:
        description:
          - The certificates, as text in PEM, of those who may have signed the certificate that a
            probe of V(https) is shown. The certificate has to be for the name of O(targets[].host),
            too. If it is not, the state is V(wrong_certificate).
          - If it is empty, neither is judged.
        type: str
        default: ""
  timeout:
    description: The seconds that one probe may take in all, at most V(60).
    type: float
    default: 2.0
  concurrency:
    description:
      - How many probes run at a time. Fewer probes run if the host's limit on open files is lower.
      - At most 8 V(mysql) probes at a time go to the same address and port.
    type: int
    default: 500
  fail_on_mismatch:
    description:
      - Whether to fail if a target is not as expected. If V(false), RV(summary) and RV(results)
        show which targets are not.
    type: bool
    default: true
notes:
  - MySQL counts the connections of a host that end before their handshake. After 100 of them
    (C(max_connect_errors)) MySQL blocks the host. Behind a load balancer, that host is the load
    balancer, so that all clients are blocked. A V(mysql) probe never adds to the count. A V(tcp) or
    V(http) probe of a MySQL port does. Use V(mysql) there, also if the port should be closed.
  - A V(mysql) probe tries to log in as C(peerlb_probe) without a password. The server should refuse
    the login, and may log the refusal.
  - A V(redis) probe sends C(PING) and no password.
  - The module tests neither UDP nor IPv6, nor connections that the target would open.
"""

EXAMPLES = r"""
- name: Check what web1 can reach, and what it cannot
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

- name: Ask an application that knows its own name for its login
  peerlb.stack.reachability:
    targets:
      - name: lb1 -> web1
        address: 10.1.0.2
        port: 8000
        protocol: http
        host: shop.example
        path: /login
        statuses: [200, 302]
"""

RETURN = r"""
results:
  description: The outcome of each probe, in the order of O(targets).
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
        - V(refused) is a host on which nothing listens on the port, or a firewall rule that answers
          in the same way.
        - V(timeout) is no answer in time, to the connection or, if RV(results[].connected), over
          the connection.
        - V(no_route) is a network without a route to the target, or a firewall rule that answers in
          the same way.
        - V(wrong_protocol) is a connection over which something else answered, or that ended before
          the answer.
        - V(wrong_status) is an HTTP answer that is none of O(targets[].statuses).
        - V(wrong_certificate) is a server of TLS that has no certificate for the name of
          O(targets[].host), or one that O(targets[].ca) does not admit.
        - V(blocked) is MySQL's error 1129. The server has blocked the host from which it sees the
          connection.
      type: str
      sample: open
    connected:
      description: Whether a TCP connection came up.
      type: bool
    latency_ms:
      description: Milliseconds from the first packet to the outcome.
      type: float
    detail:
      description: The evidence, such as a status line, a greeting or the system's error.
      type: str
      sample: MySQL 9.7.4 greeting, access denied as expected
    ok:
      description: Whether the outcome is as expected.
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
            "host": {"type": "str", "default": ""},
            "statuses": {"type": "list", "elements": "int", "default": []},
            "ca": {"type": "str", "default": ""},
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
        results = probe_all(parse_targets(module.params["targets"]), timeout, concurrency)
    except ProbeError as exc:
        module.fail_json(msg=str(exc))

    report = {
        "changed": False,
        "results": [result.report() for result in results],
        "summary": summary(results),
    }
    mismatch = mismatch_message(results)
    if mismatch and module.params["fail_on_mismatch"]:
        module.fail_json(msg=mismatch, **report)
    module.exit_json(**report)


if __name__ == "__main__":
    main()

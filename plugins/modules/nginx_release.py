#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_release
short_description: Make one tested set of nginx files live
version_added: 0.1.0
description:
  - Owns the upstreams and the releases of an nginx that runs in a Compose project.
  - A release is a directory named by the hash of its content. It is written aside, tested as a
    whole by its own image, made live by one switch of a symlink and one reload, and confirmed from
    outside, by asking nginx which release answers.
  - Where a step fails the last good release is live again, and the module fails saying why.
  - Weights and states that were set at run time are kept until they are taken back.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.nginx
  - peerlb.stack.balancer
requirements:
  - Docker Engine with Compose v2 on the host
options:
  files:
    description:
      - The other files of the release by their path in it, such as V(conf.d/own.conf). One that is
        absolute, or could be written shorter, is refused.
      - C(nginx.conf) includes C(upstreams/http-*.conf), C(upstreams/stream-*.conf) and, in a server
        on the status port, C(release.conf).
      - C(compose.yml) defines the service C(nginx).
    type: dict
    required: true
  pools:
    description: What is balanced to.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name of the pool and of nginx's upstream.
        type: str
        required: true
      members:
        description: The hosts of the pool, in the order they are written.
        type: list
        elements: dict
        required: true
        suboptions:
          name:
            description: The name of the host.
            type: str
            required: true
          address:
            description: The IPv4 address of the host in its network.
            type: str
            required: true
          port:
            description: The port, V(1) to V(65535).
            type: int
            required: true
          weight:
            description: Share of the requests, V(0) to V(1000). V(0) gets no new requests.
            type: int
            default: 1
          state:
            description: V(drain) and V(down) get no new requests; those in flight are finished.
            type: str
            choices: [up, drain, down]
            default: up
          backup:
            description: Whether the member serves only while all others are failed.
            type: bool
            default: false
          max_conns:
            description: The most connections to the member at one time; V(0) is no limit.
            type: int
            default: 0
          max_fails:
            description: Attempts that must fail within the time of fail_timeout.
            type: int
            default: 1
          fail_timeout:
            description: For how long a failed member is left out, such as V(10s).
            type: str
            default: 10s
      method:
        description:
          - How a member is chosen.
          - V(sticky) needs nginx 1.29.6. V(sticky) and V(ip_hash) need protocol V(http).
        type: str
        choices: [round_robin, least_conn, random, ip_hash, hash, sticky]
        default: round_robin
      hash_key:
        description: What V(hash) hashes, in nginx's variables.
        type: str
        default: $remote_addr
      cookie:
        description: The name of the cookie of V(sticky).
        type: str
        default: peerlb_member
      keepalive:
        description: Idle connections to the members kept open by each worker; V(0) keeps none.
        type: int
        default: 64
      connect_timeout:
        description: For how long a member may take to accept a connection.
        type: str
        default: 1s
      read_timeout:
        description: For how long a member may say nothing during an HTTP answer.
        type: str
        default: 60s
      idle_timeout:
        description: For how long a TCP connection may be idle in both directions.
        type: str
        default: 1h
      retry_on:
        description:
          - What counts as a failure of a member and makes nginx try the next one. A POST that was
            sent is never sent again.
          - Where all members count as failed, one of them is asked all the same, so that clients
            get the application's own answer instead of nginx's.
        type: list
        elements: str
        choices: [error, timeout, http_500, http_502, http_503, http_504]
        default: [error, timeout, http_502, http_503, http_504]
  listeners:
    description: What is accepted, and the pool it goes to.
    type: list
    elements: dict
    required: true
    suboptions:
      port:
        description: The port, V(1) to V(65535).
        type: int
        required: true
      pool:
        description: The name of the pool.
        type: str
        required: true
      protocol:
        description: V(http) understands requests, V(tcp) only connections.
        type: str
        choices: [http, tcp]
        default: http
      address:
        description: The address to listen on; empty is all.
        type: str
        default: ""
  version:
    description: The version of nginx in the image, such as V(1.30).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Balance two web servers
  peerlb.stack.nginx_release:
    files:
      nginx.conf: "{{ lookup('ansible.builtin.template', 'nginx.conf.j2') }}"
      compose.yml: "{{ lookup('ansible.builtin.template', 'compose.yml.j2') }}"
    pools:
      - name: webapp
        members:
          - {name: web1, address: 10.1.0.2, port: 3000}
          - {name: web2, address: 10.1.0.3, port: 3000, weight: 3}
    listeners:
      - {port: 80, pool: webapp}
    version: "1.30"
"""

RETURN = r"""
release:
  description: The id of the release that is live, or would be in check mode.
  returned: success
  type: str
  sample: 3f9a1c52be07
previous:
  description: The id of the release that was live before; empty if there was none.
  returned: success
  type: str
  sample: 0d44e1a97c31
differences:
  description: Where weights and states set at run time differ from what was given.
  returned: success
  type: list
  elements: str
  sample:
    - "pool webapp, member web1: weight is 3, the inventory says 1 (set by ada at …)"
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._nginx.argument_spec import LISTENER, POOL
from ..module_utils._release.balancer_module import COMMON_SPEC, ERRORS, BalancerModule
from ..module_utils._release.inputs import Inputs

ARGUMENT_SPEC = {
    **COMMON_SPEC,
    "files": {"type": "dict", "required": True},
    "pools": {"type": "list", "elements": "dict", "required": True, "options": POOL},
    "listeners": {"type": "list", "elements": "dict", "required": True, "options": LISTENER},
    "version": {"type": "str", "required": True},
}


def run(module: AnsibleModule) -> dict:
    params = module.params
    balancer = BalancerModule.of(module)
    inputs = Inputs.parse(params["files"], params["pools"], params["listeners"], params["version"])
    with balancer.locked():
        inputs = inputs.with_overrides_of(balancer.store.present())
        result = balancer.carry_out(inputs.release())
    return {**result, "differences": inputs.differences()}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        result = run(module)
    except ERRORS as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()

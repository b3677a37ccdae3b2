#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_release
short_description: Make a tested set of nginx files live
version_added: 1.0.0
description:
  - Manages the configuration of an nginx that runs in a Compose project, as releases.
  - A release is a directory named by the hash of its content. The module writes it beside the live
    one, lets C(nginx -t) of the release's own image test it as a whole, switches a symbolic link,
    reloads nginx, and asks nginx which release answers.
  - If a step fails, the module puts the last good release back and fails with the reason.
  - Weights and states set with M(peerlb.stack.nginx_override) stay in force until they are reset.
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
      - The text of each file by its path in the release, such as V(conf.d/own.conf). Absolute paths
        are refused, and so are paths that could be written shorter, such as V(conf.d//own.conf).
      - C(nginx.conf) must include C(upstreams/http-*.conf) and C(upstreams/stream-*.conf), which
        the module writes, and C(release.conf) in a server on the status port.
      - C(compose.yml) must define the service C(nginx).
    type: dict
    required: true
  secrets:
    description:
      - The text of files that only root may read, such as the key of a certificate, by path below
        C(secrets/) in the release. Neither logs nor diffs show them.
    type: dict
    default: {}
  pools:
    description: The pools, which are groups of hosts that the load is balanced to.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name of the pool, which is also the name of nginx's upstream.
        type: str
        required: true
      members:
        description: The hosts of the pool. nginx gets them in this order.
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
            description:
              - The member's share of the requests in proportion to the other members' weights,
                V(0) to V(1000).
              - V(0) means no new requests.
            type: int
            default: 1
          state:
            description:
              - V(up) means that the member gets requests.
              - V(drain) and V(down) mean no new requests; requests in flight are finished.
              - In a pool of method V(sticky), V(drain) means no new clients. The member goes on
                serving clients that hold its cookie.
            type: str
            choices: [up, drain, down]
            default: up
          backup:
            description: Whether the member gets requests only while all others count as failed.
            type: bool
            default: false
          max_conns:
            description: How many connections to the member may be open at once; V(0) is no limit.
            type: int
            default: 0
          max_fails:
            description:
              - How many attempts must fail within O(pools[].members[].fail_timeout) before the
                member counts as failed, and gets no requests of anybody. V(0) means that it never
                does.
              - The default depends on the protocol of the listener.
              - With V(http) it is V(0), because nginx also counts an answer that breaks off, is
                late, or has a head that is too large, and one client can ask for such answers.
              - With V(tcp) only connections that the member does not accept count. The default is
                V(1) if other members serve too, and otherwise V(0).
            type: int
          fail_timeout:
            description: How long a member that counts as failed gets no requests, such as V(10s).
            type: str
            default: 10s
      method:
        description:
          - How nginx chooses the member for a request.
          - V(random) draws two members and takes the one with fewer connections if all weights are
            equal; otherwise it draws one member by weight.
          - V(sticky) needs nginx 1.29.6 or newer. V(sticky) and V(ip_hash) need a listener of
            protocol V(http).
        type: str
        choices: [round_robin, least_conn, random, ip_hash, hash, sticky]
        default: round_robin
      hash_key:
        description: What method V(hash) hashes, written in nginx's variables.
        type: str
        default: $remote_addr
      cookie:
        description: The name of the cookie that method V(sticky) sets.
        type: str
        default: peerlb_member
      keepalive:
        description:
          - How many idle connections to the members each worker keeps open; V(0) is none. There are
            never more than were in use at once.
          - Lower it, or set V(0), where a member gives each open connection a process of its own,
            as Apache's prefork and uWSGI with C(http-keepalive) do.
        type: int
        default: 512
      connect_timeout:
        description: How long a member may take to accept a connection.
        type: str
        default: 1s
      read_timeout:
        description: How long a member may pause between two reads of its HTTP answer.
        type: str
        default: 60s
      idle_timeout:
        description: How long a TCP connection may be idle in both directions.
        type: str
        default: 1h
      retry_on:
        description:
          - What makes nginx try the next member. A POST that was sent is never sent again.
          - If members can count as failed, see O(pools[].members[].max_fails), and all do, nginx
            still asks one of them, so that clients get the application's own answer and not
            nginx's.
        type: list
        elements: str
        choices: [error, timeout, http_500, http_502, http_503, http_504]
        default: [error, timeout, http_502, http_503, http_504]
      health:
        description:
          - How the unit C(peerlb-pools) on the load balancer probes the members. A member that is
            not good gets no new requests, as long as members of at least half of the weight are
            good. Otherwise all members get requests.
          - The playbooks choose what fits the protocol of the flow and the application.
        type: dict
        default: {}
        suboptions:
          type:
            description:
              - V(http) sends a GET, V(https) sends it after a handshake of TLS, V(mysql) completes
                a handshake, V(redis) sends a PING, V(tcp) connects. V(none) means no probes.
              - A probe of V(https) asks in the handshake for the name of O(pools[].health.host). It
                takes any certificate, as what is asked is whether the member works.
            type: str
            choices: [http, https, tcp, mysql, redis, none]
            default: tcp
          path:
            description: What a probe of V(http) or V(https) asks for.
            type: str
            default: /
          expect:
            description: The statuses that are good; an empty list means any below 500.
            type: list
            elements: int
            default: []
          host:
            description: The Host header of the same probes; empty means address and port.
            type: str
            default: ""
          interval:
            description:
              - The time between two probes of a member, V(100ms) or more. Empty means V(1s), and
                more if the load balancer has more than 250 members in all.
            type: str
            default: ""
          timeout:
            description: How long a probe may take.
            type: str
            default: 1s
          rise:
            description: How many good probes in a row bring a member back.
            type: int
            default: 2
          fall:
            description: How many bad probes in a row take a member out.
            type: int
            default: 3
          writes:
            description:
              - Whether a member is good only if it takes writes, for V(mysql) and V(redis). The
                pool then leads to the one primary, and never to a member that is none.
            type: bool
            default: false
      slow_start:
        description:
          - For how long a member that comes back gets a quarter of its share, such as V(10s).
        type: str
        default: 0s
      tls:
        description:
          - How nginx speaks TLS to the members. Without it, nginx does not speak TLS to them.
          - All requests to the pool follow this one policy, as nginx shares sessions of TLS between
            all that asks the same upstream.
        type: dict
        suboptions:
          name:
            description:
              - The name that the certificate of each member has to be for. nginx also asks for it
                in the handshake.
            type: str
            default: ""
          ca:
            description:
              - The certificates, as text in PEM, of those who may have signed that of a member.
            type: str
            default: ""
          verify:
            description:
              - Whether nginx refuses a member whose certificate does not fit. This needs
                O(pools[].tls.name) and O(pools[].tls.ca).
              - If it is V(false), anybody on the way can take the place of a member.
            type: bool
            default: true
  listeners:
    description: The ports on which nginx accepts connections, each with its pool.
    type: list
    elements: dict
    required: true
    suboptions:
      port:
        description: The port, V(1) to V(65535).
        type: int
        required: true
      pool:
        description: The name of the pool that gets the requests or connections.
        type: str
        required: true
      protocol:
        description: V(http) balances requests, V(tcp) balances connections.
        type: str
        choices: [http, tcp]
        default: http
      address:
        description: The address to listen on; empty means all addresses of the host.
        type: str
        default: ""
      allow:
        description: The ranges of the clients that are admitted. An empty list admits everybody.
        type: list
        elements: str
        default: []
      tls:
        description: Whether clients begin with a handshake of TLS. The protocol must be V(http).
        type: bool
        default: false
      routes:
        description:
          - The names of further pools to which the files lead requests of a listener of V(http).
        type: list
        elements: str
        default: []
  engine:
    description:
      - How nginx learns of weights, states and health of members. With V(dns) it asks the unit
        C(peerlb-pools) each second. With V(reload) each change is a reload, and nginx does not
        follow the health of members.
      - A pool that nginx cannot follow by V(dns) keeps the reload.
    type: str
    choices: [dns, reload]
    default: reload
  engine_port:
    description: The port on 127.0.0.1 at which the unit C(peerlb-pools) answers nginx.
    type: int
    default: 8053
  tests:
    description:
      - Requests, and what is expected of each. Before the release goes live, an nginx of its image
        answers them with stand-ins in place of the members. If one fails, the release is refused.
      - What is tested is which pool, redirect or answer a request gets. Certificates, the
        gatekeeper, bans and maintenance are left out, and every client is admitted.
      - They are kept in the release, and are run with each release that is made from it.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: How messages call the test, such as V(tests[3] GET https://shop.example/api/x).
        type: str
        required: true
      scheme:
        description: Whether the request comes to a listener of TLS.
        type: str
        choices: [http, https]
        default: http
      host:
        description: The Host header, such as V(shop.example) or V(shop.example:8080).
        type: str
        required: true
      target:
        description: The path and the query as the client sends them, such as V(/api/a%2Fb?x=1).
        type: str
        required: true
      method:
        description: The method of the request.
        type: str
        default: GET
      headers:
        description: Further headers of the request, by name.
        type: dict
        default: {}
      expect:
        description: What is expected. One of pool, redirect and status is needed.
        type: dict
        required: true
        suboptions:
          pool:
            description: The pool that gets the request, or several of which one gets it.
            type: list
            elements: str
          path:
            description: The path and the query that a member of the pool sees.
            type: str
          redirect:
            description: Where the client is sent, such as V(https://shop.example/new).
            type: str
          code:
            description: The status of the redirect.
            type: int
          status:
            description: The status of an answer that nginx gives by itself.
            type: int
      rule:
        description: The rule that takes the request as it is declared, which messages tell.
        type: str
        default: ""
  version:
    description: The version of nginx in the image, such as V(1.30).
    type: str
    required: true
  image:
    description:
      - The image as C(compose.yml) names it, such as V(nginx:1.30). It is written with its digest
        there, so that what runs is known exactly.
    type: str
    default: ""
  digest:
    description:
      - The digest that the registry says O(image) has now. If empty, the digest of the live release
        stays.
    type: str
    default: ""
  logs:
    description: The directory of the access logs, which is made for nginx.
    type: path
  require_members:
    description:
      - Whether to refuse the release if it has a pool of which no member accepts a TCP connection
        from this host.
      - A pool whose members and ports are those of the live release is not asked. Nothing is asked
        in check mode, because a change of the members may come before.
    type: bool
    default: false
  declaration:
    description:
      - What the load balancer is deployed from, as JSON. It is saved on the host, so that a preview
        can tell what has changed since. Empty leaves what is saved.
    type: json
    default: ""
  declaration_path:
    description: The file in which O(declaration) is saved.
    type: path
    default: /opt/peerlb/declaration.json
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
  description: The id of the release that is live now; in check mode, of the one that would be.
  returned: success
  type: str
  sample: 3f9a1c52be07
previous:
  description: The id of the release that was live before the module ran; empty if none was.
  returned: success
  type: str
  sample: 0d44e1a97c31
differences:
  description: A sentence for each weight or state set at run time that differs from O(pools).
  returned: success
  type: list
  elements: str
  sample:
    - "pool webapp, member web1: weight is 3, the inventory says 1 (set by ada at …)"
left:
  description: A sentence for each host that the saved declaration has and O(declaration) has not.
  returned: success
  type: list
  elements: str
  sample: ["web2 (10.1.0.3) left the inventory, and its services run on. To remove them: …"]
differs:
  description:
    - What differs from the live release, in words; empty if nothing does.
    - With O(test_only) as well.
  returned: success
  type: list
  elements: str
  sample: [upstreams/http-webapp.conf differs, nginx serves 0d44e1a97c31]
effect:
  description:
    - What becomes of the container. V(create) means that there is none yet, V(replace) that a new
      one takes its place, V(reload) that nginx reads its files again, V(keep) that it stays.
    - In check mode and with O(test_only) it says what would become of it.
  returned: success
  type: str
  sample: replace
"""

import json
from dataclasses import replace
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._balancer.answering import refuse_silent_pools
from ..module_utils._balancer.balancer_module import COMMON_SPEC, ERRORS, BalancerModule
from ..module_utils._balancer.inputs import Inputs, pin_image
from ..module_utils._balancer.route_tests import TEST, parse_tests
from ..module_utils._live.engine import NAMES, RELOAD, Engine
from ..module_utils._nginx.argument_spec import LISTENER, POOL
from ..module_utils._nginx.checks import PoolError
from ..module_utils._release.release import SECRETS
from ..module_utils._release.store import Store
from ..module_utils._values.entries import errors_at, parse_port
from ..module_utils._values.notes import left

ARGUMENT_SPEC = {
    **COMMON_SPEC,
    "files": {"type": "dict", "required": True},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
    "pools": {"type": "list", "elements": "dict", "required": True, "options": POOL},
    "listeners": {"type": "list", "elements": "dict", "required": True, "options": LISTENER},
    "tests": {"type": "list", "elements": "dict", "default": [], "options": TEST},
    "version": {"type": "str", "required": True},
    "engine": {"type": "str", "choices": list(NAMES), "default": RELOAD.name},
    "engine_port": {"type": "int", "default": RELOAD.port},
    "image": {"type": "str", "default": ""},
    "digest": {"type": "str", "default": ""},
    "logs": {"type": "path"},
    "require_members": {"type": "bool", "default": False},
    "declaration": {"type": "json", "default": ""},
    "declaration_path": {"type": "path", "default": "/opt/peerlb/declaration.json"},
}


def save_declaration(params: dict, *, write: bool) -> tuple[bool, list[str]]:
    """Save the declaration if it differs from what is saved; tell whether it does, and who left.

    A StoreError says that it cannot be written.
    """
    if not params["declaration"]:
        return False, []
    path = Path(params["declaration_path"])
    store = Store(str(path.parent))
    wanted, former = json.loads(params["declaration"]), store.noted(path.name)
    if former == wanted:
        return False, []
    if write:
        store.note(path.name, wanted)
    return True, left((former or {}).get("rules", ()), wanted.get("rules", ()))


def run(module: AnsibleModule) -> dict:
    """Make the release live, and return the module's result; one of ERRORS says why it failed."""
    params = module.params
    balancer = BalancerModule.of(module)
    secrets = {SECRETS + path: text for path, text in params["secrets"].items()}
    files = {**params["files"], **secrets}
    if params["image"]:
        pin_image(files, params["image"], params["digest"], balancer.present(), balancer.has_image)
    with errors_at("engine_port", PoolError):
        engine = Engine(params["engine"], parse_port(params["engine_port"]))
    inputs = Inputs.parse(files, params["pools"], params["listeners"], params["version"], engine)
    inputs = replace(inputs, tests=parse_tests(params["tests"]))
    with balancer.locked():
        inputs = inputs.with_overrides_of(balancer.present(), balancer.live.overrides())
        if balancer.live.is_damaged():
            inputs = replace(inputs, overrides_lost=True)
        if params["require_members"] and not module.check_mode:
            refuse_silent_pools(inputs.pools, balancer.present_pools())
        result = balancer.make_live(inputs)
        saved, gone = save_declaration(params, write=not (module.check_mode or params["test_only"]))
    changed = result["changed"] or (saved and not params["test_only"])
    return {**result, "changed": changed, "differences": inputs.differences(), "left": gone}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        result = run(module)
    except ERRORS as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_certificates
short_description: Bring certificates of nginx into service
version_added: 1.0.0
description:
  - Keeps the certificates of the load balancer beside its releases. They are no part of a release,
    so a rollback never brings an expired certificate back, and a renewal is no new release.
  - A certificate is judged before anything changes. The key has to fit, the chain has to lead to a
    CA in the right order, all names have to be covered, and the certificate has to be valid and to
    end no earlier than the one in use. All faults of all certificates are named at once.
  - Then one link is switched, C(nginx -t) tests the change in the running container, nginx is
    reloaded, and each TLS listener has to show the new certificate. If one does not, the former
    certificates are put back and the module fails.
  - If nginx does not run yet, or its live release does not use a certificate, the certificate is
    only stored.
  - Makes the keys of session tickets that are missing. Nothing that is in use is removed.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.nginx
attributes:
  check_mode:
    support: full
    details:
      - Judges the certificates as well. C(nginx -t) is not run, because it would need the files on
        the disk.
  diff_mode:
    support: full
    details: Shows names, issuer, serial and end of certificates, and never a key.
  platform:
    platforms: posix
requirements:
  - the command openssl on the host, 1.1.1 or newer
options:
  path:
    description: The directory of the Compose project, as of M(peerlb.stack.nginx_release).
    type: path
    default: /opt/peerlb/nginx_lb
  container:
    description: The name of nginx's container.
    type: str
    default: peerlb-nginx
  timeout:
    description: For how many seconds to wait until each listener shows a new certificate.
    type: float
    default: 15
  lock_timeout:
    description: For how many seconds to wait for another change of nginx on this host.
    type: float
    default: 30
  operator:
    description: Who makes the change. Whoever has to wait for it is told the name.
    type: str
    default: ansible
  test_only:
    description:
      - Whether to judge the certificates, and to store those alone of which nginx has none yet.
        Without them, nginx could not test a release that names them.
    type: bool
    default: false
  force:
    description: Whether to take a certificate that ends earlier than the one in use.
    type: bool
    default: false
  certificates:
    description: The certificates.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The name of the certificate, of small letters, digits and hyphens. The configuration of
            nginx finds it as C(/etc/nginx/peerlb/tls/NAME/current/pair.pem).
        type: str
        required: true
      names:
        description: The names of hosts that the certificate has to cover.
        type: list
        elements: str
        required: true
      source:
        description:
          - From where the certificate comes. V(given) and V(own_ca) have
            O(certificates[].certificate) and O(certificates[].key).
          - With V(acme), the certificate is renewed by a timer on the host. The module makes a
            placeholder if there is none yet, because nginx does not start without one.
          - In check mode, one of V(own_ca) may be empty, as it is before the CA is made.
        type: str
        choices: [given, own_ca, acme]
        required: true
      certificate:
        description: The certificate as PEM, followed by those of the CAs between it and the root.
        type: str
        default: ""
      key:
        description: The key as PEM, without a passphrase.
        type: str
        default: ""
      ca:
        description: The CA that vouches for it, as PEM. If empty, the CAs of the host count.
        type: str
        default: ""
"""

EXAMPLES = r"""
- name: Serve a certificate of our own
  peerlb.stack.nginx_certificates:
    certificates:
      - name: shop
        names: [shop.example, "*.shop.example"]
        source: given
        certificate: "{{ lookup('ansible.builtin.file', 'shop.pem') }}"
        key: "{{ vault_shop_key }}"

- name: Let nginx start before a CA has issued the certificate
  peerlb.stack.nginx_certificates:
    certificates:
      - {name: shop, names: [shop.example], source: acme}
"""

RETURN = r"""
certificates:
  description: The certificates that were changed, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [shop]
"""

import time
from pathlib import Path

from ..module_utils._certificates.declared import unissued, wanted
from ..module_utils._certificates.install import Installation
from ..module_utils._certificates.openssl import Openssl
from ..module_utils._certificates.pem import CertificateError
from ..module_utils._certificates.serving import ServingNginx
from ..module_utils._certificates.store import CertificateStore
from ..module_utils._certificates.tickets import make_missing, missing
from ..module_utils._release.engine import runner
from ..module_utils._release.quiet import QuietModule

ENTRY = {
    "name": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str", "required": True},
    "source": {"type": "str", "choices": ["given", "own_ca", "acme"], "required": True},
    "certificate": {"type": "str", "default": ""},
    "key": {"type": "str", "default": "", "no_log": True},
    "ca": {"type": "str", "default": ""},
}
ARGUMENT_SPEC = {
    "path": {"type": "path", "default": "/opt/peerlb/nginx_lb"},
    "container": {"type": "str", "default": "peerlb-nginx"},
    "timeout": {"type": "float", "default": 15},
    "lock_timeout": {"type": "float", "default": 30},
    "operator": {"type": "str", "default": "ansible"},
    "test_only": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
    "certificates": {"type": "list", "elements": "dict", "required": True, "options": ENTRY},
}


def run(module: QuietModule) -> dict:
    """Bring the certificates into service, and return the module's result."""
    params, acts = module.params, not module.check_mode
    execute, store = runner(module.run_command), CertificateStore(Path(params["path"]) / "nginx")
    nginx = ServingNginx(execute, store.root, params["container"], params["timeout"])
    openssl = Openssl(execute)
    entries = params["certificates"]
    later = unissued(entries) if module.check_mode else []
    with store.lock(params["operator"], needed=acts, wait=params["lock_timeout"]):
        now = [each for each in entries if each not in later]
        pairs = wanted(now, store, openssl, time.time(), params["force"])
        installation = Installation(store, nginx, openssl)
        changes = installation.plan(pairs, new_alone=params["test_only"])
        tickets = bool(entries) and missing(store)
        if acts:
            tickets = bool(entries) and make_missing(store)
            installation.apply(changes)
    diff = [change.diff() for change in changes if change.differs]
    names = [change.wanted.name for change in changes] + [each["name"] for each in later]
    return {"changed": bool(names) or tickets, "diff": diff, "certificates": names}


def main() -> None:
    """Run the module."""
    module = QuietModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        result = run(module)
    except CertificateError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()

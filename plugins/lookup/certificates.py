# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup for the certificates that a load balancer has to serve."""

from __future__ import annotations

DOCUMENTATION = r"""
name: certificates
author: The peerlb authors (@peerlb)
version_added: 1.0.0
short_description: Return the certificates that a load balancer has to serve
description:
  - Reads C(peerlb_certificates), and what a CA of one's own has issued. Returns the certificates as
    M(peerlb.stack.nginx_certificates) takes them.
  - A certificate of V(own_ca) that is not issued, or has to be issued anew, has no C(certificate)
    and no C(key). That is so if its names or its CA have changed, or if less than a third of its
    lifetime is left. The playbook C(own_ca) issues it.
options:
  _terms:
    description: The value of C(peerlb_certificates), as the only term.
    required: true
  ca_dir:
    description: The directory on the controller where the CA is kept, with what it has issued.
    type: str
    default: ""
  due:
    description:
      - Whether to return those certificates alone that a CA of one's own has to issue, with
        C(name), C(names), C(days) and the reason C(why).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Bring the certificates into service
  peerlb.stack.nginx_certificates:
    certificates: "{{ lookup('peerlb.stack.certificates', peerlb_certificates, ca_dir=ca_dir) }}"
  vars:
    ca_dir: "{{ inventory_dir }}/.secrets/ca"
"""

RETURN = r"""
_raw:
  description: The certificates, as one list.
  type: list
  elements: list
"""

import typing as t
from datetime import datetime, timezone
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.lookup import LookupBase

from ..plugin_utils._edge import own_ca
from ..plugin_utils._edge.certificates import TlsError, read_certificates

Entries = list[dict[str, t.Any]]


def _text(path: Path) -> str:
    """Return the text of a file, or "" if there is none yet."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def entries(value: t.Any, directory: str, *, due: bool, now: datetime) -> Entries:
    """Return the certificates of a host, or those that the CA in this directory has to issue."""
    certificates = read_certificates(value)
    own_ca.refuse_without(certificates, directory)
    ca = _text(Path(directory, own_ca.CA)) if directory else ""

    def issued(name: str) -> own_ca.Issued:
        return own_ca.Issued.of(_text(Path(directory, f"{name}.pem")) if directory else "")

    if not due:
        return [own_ca.entry(each, issued(each.name), ca, now) for each in certificates]
    found = [(each, own_ca.due(each, issued(each.name), ca, now)) for each in certificates]
    return [
        {"name": each.name, "names": list(each.names), "days": each.days, "why": why}
        for each, why in found
        if why and each.source == "own_ca"
    ]


class LookupModule(LookupBase):
    """The lookup, for Ansible."""

    def run(
        self, terms: t.Sequence[t.Any], variables: t.Any = None, **kwargs: t.Any
    ) -> list[Entries]:
        """Return the list of certificates, as the only element."""
        directory, due = str(kwargs.get("ca_dir") or ""), boolean(kwargs.get("due", False))
        try:
            now = datetime.now(timezone.utc)
            return [entries(terms[0], directory, due=due, now=now)]
        except (TlsError, OSError, IndexError) as exc:
            raise AnsibleError(str(exc)) from exc

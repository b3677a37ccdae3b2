# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup for a build context as one archive."""

from __future__ import annotations

DOCUMENTATION = r"""
name: build_context
author: The peerlb authors (@peerlb)
version_added: 1.0.0
short_description: Pack a directory of the controller as a build context
description:
  - Returns a directory as a tar archive, gzipped, in base64, for the option C(context) of
    M(peerlb.stack.service_release).
  - Files of the same names and content give the same archive, whatever their times and owners are.
    Caches of Python are left out.
options:
  _terms:
    description: The directories.
    type: list
    elements: path
    required: true
"""

EXAMPLES = r"""
- name: Build an image on the host
  peerlb.stack.service_release:
    service: shop
    image: "1.0.0"
    context: "{{ lookup('peerlb.stack.build_context', '/srv/shop') }}"
    compose: {services: {shop: {restart: always}}}
"""

RETURN = r"""
_raw:
  description: The archive of each directory.
  type: list
  elements: str
"""

import base64
import gzip
import io
import tarfile
import typing as t
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

LEFT_OUT = ("__pycache__",)


def pack(directory: Path) -> str:
    """Return the files below a directory as an archive that depends on names and content alone."""
    buffer = io.BytesIO()
    paths = [path for path in sorted(directory.rglob("*")) if path.is_file()]
    # Without a time in its head, which gzip would write.
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for path in paths:
            name = path.relative_to(directory)
            if set(name.parts).intersection(LEFT_OUT):
                continue
            member = tarfile.TarInfo(str(name))
            member.size, member.mode = path.stat().st_size, 0o644
            with path.open("rb") as stream:
                tar.addfile(member, stream)
    return base64.b64encode(buffer.getvalue()).decode()


class LookupModule(LookupBase):
    """The lookup, for Ansible."""

    def run(self, terms: t.Sequence[str], variables: t.Any = None, **kwargs: t.Any) -> list[str]:
        """Return an archive for each directory in terms."""
        archives = []
        for term in terms:
            directory = Path(str(term))
            if not directory.is_dir():
                raise AnsibleError(f"{term} is no directory of the controller")
            archives.append(pack(directory))
        return archives

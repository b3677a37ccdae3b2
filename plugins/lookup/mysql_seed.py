# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup that judges the seed of a database on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mysql_seed
author: The peerlb authors (@peerlb)
version_added: 1.0.0
short_description: Judge the seed of a MySQL database
description:
  - Reads a file with SQL, which may be packed with gzip, and says whether it can be loaded into one
    database.
  - A seed is refused if it creates, drops or changes to a database, as a dump of C(mysqldump
    --databases) does, if it makes or fills tables of another one, if it changes accounts,
    privileges or settings of the server, or if it is no text. Names such as C(other.table) within a
    query are not judged.
options:
  _terms:
    description: The file. A relative path is searched as C(ansible.builtin.copy) searches it.
    required: true
  database:
    description: The name of the database.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong with a seed
  ansible.builtin.debug:
    msg: "{{ lookup('peerlb.stack.mysql_seed', 'shop.sql.gz', database='shop').problem }}"
"""

RETURN = r"""
_raw:
  description: One element for the file.
  type: list
  elements: dict
  contains:
    problem:
      description: Why the seed cannot be loaded, or an empty string.
      type: str
    sha256:
      description: The digest of the file.
      type: str
"""

import gzip
import hashlib
import typing as t
import zlib
from pathlib import Path

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..plugin_utils._database.seed import GZIP, seed_problem


def judged(content: bytes, database: str) -> dict[str, str]:
    """Return what is wrong with a seed, and its digest: {"problem": "", "sha256": "e3b0…"}."""
    digest = hashlib.sha256(content).hexdigest()
    try:
        text = gzip.decompress(content) if content.startswith(GZIP) else content
    except (OSError, EOFError, zlib.error) as error:
        return {"problem": f"It cannot be unpacked with gzip: {error}.", "sha256": digest}
    return {"problem": seed_problem(text, database), "sha256": digest}


class LookupModule(LookupBase):
    """The lookup, for Ansible."""

    def run(
        self, terms: t.Sequence[str], variables: t.Any = None, **kwargs: t.Any
    ) -> list[dict[str, str]]:
        """Return the judgement of each file."""
        self.set_options(var_options=variables, direct=kwargs)
        found = [self.find_file_in_search_path(variables, "files", term) for term in terms]
        if not all(found):
            raise AnsibleLookupError(f"The controller has no file {', '.join(terms)}.")
        return [judged(Path(path).read_bytes(), self.get_option("database")) for path in found]

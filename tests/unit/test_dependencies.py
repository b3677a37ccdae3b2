# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection calls modules of one other collection, and those where they are needed alone.

Without a certificate of one's own CA it runs with any bundle of collections.
"""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import yaml
from support import ROOT

# A name such as community.mysql.mysql_query, as a key of a task or in a lookup.
NAME = re.compile(r"(?:^|['\"(| ])((?!ansible\.builtin|peerlb\.stack)[a-z]+\.[a-z_]+\.[a-z_0-9]+)$")


def keys(node: t.Any) -> t.Iterator[str]:
    """Yield every key of a document, however deep."""
    if isinstance(node, dict):
        yield from map(str, node)
    for child in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from keys(child)


# Which files call modules of another collection. They are included while a play runs: what is
# imported has to be there even if it is not needed.
ALLOWED = {
    "playbooks/steps/own_ca.yml": "community.crypto.",
    "playbooks/steps/own_ca_issue.yml": "community.crypto.",
}


def test_galaxy_yml_names_one_other_collection() -> None:
    named = yaml.safe_load((ROOT / "galaxy.yml").read_text())["dependencies"]
    assert list(named) == ["community.crypto"]


def test_files_with_modules_of_another_collection_are_not_imported() -> None:
    for path in (*ROOT.glob("playbooks/**/*.yml"), *ROOT.glob("roles/*/tasks/*.yml")):
        for line in path.read_text().splitlines():
            if any(f"/{Path(allowed).name}" in line for allowed in ALLOWED):
                assert "import_" not in line, f"{path}: {line}"


def test_no_task_calls_a_module_of_another_collection() -> None:
    files = [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/**/*.yml")]
    found = {
        f"{file.relative_to(ROOT)}: {key}"
        for file in files
        for key in keys(yaml.safe_load(file.read_text()))
        if NAME.search(key)
        and not key.startswith(ALLOWED.get(str(file.relative_to(ROOT)), "no collection"))
    }
    assert len(files) > 30
    assert found == set()


def test_name_of_a_foreign_module_is_found() -> None:
    task = [{"block": [{"community.mysql.mysql_query": {"query": "SELECT 1"}}]}]
    assert [key for key in keys(task) if NAME.search(key)] == ["community.mysql.mysql_query"]

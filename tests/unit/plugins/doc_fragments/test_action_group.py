# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import yaml
from ansible_collections.peerlb.stack.plugins.doc_fragments.action_group import ModuleDocFragment
from support import ROOT

GROUPS = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]


def test_each_group_has_its_fragment() -> None:
    fragments = {name.lower() for name in vars(ModuleDocFragment) if name.isupper()}
    assert fragments == set(GROUPS)


@pytest.mark.parametrize("group", GROUPS)
def test_fragment_names_its_group(group) -> None:
    attributes = yaml.safe_load(getattr(ModuleDocFragment, group.upper()))["attributes"]
    assert attributes["action_group"]["membership"] == [f"peerlb.stack.{group}"]
    assert f"group/peerlb.stack.{group})" in attributes["action_group"]["description"]


@pytest.mark.parametrize("group", GROUPS)
def test_members_are_the_modules_that_use_the_fragment(group) -> None:
    users = {
        path.stem
        for path in (ROOT / "plugins/modules").glob("*.py")
        if f"\n  - peerlb.stack.action_group.{group}\n" in path.read_text()
    }
    assert sorted(users) == GROUPS[group]


def test_no_fragment_has_the_name_of_a_variable() -> None:
    # Ansible takes a fragment named action_group.service for a fragment named service.
    names = {path.stem.upper() for path in (ROOT / "plugins/doc_fragments").glob("*.py")}
    assert not names & set(vars(ModuleDocFragment))

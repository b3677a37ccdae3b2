# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation of a filter names the options that its function takes, with their defaults."""

from __future__ import annotations

import importlib
import inspect
import typing as t

import pytest
import yaml
from ansible_collections.peerlb.stack.plugins.doc_fragments.declaration import ModuleDocFragment
from support import ROOT

FOLDER = ROOT / "plugins/filter"
PACKAGE = "ansible_collections.peerlb.stack.plugins.filter"
DECLARATION = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]


def filters() -> dict[str, t.Callable]:
    modules = [importlib.import_module(f"{PACKAGE}.{path.stem}") for path in FOLDER.glob("*.py")]
    return {
        name: function
        for module in modules
        for name, function in module.FilterModule().filters().items()
    }


def test_every_filter_is_documented_and_every_document_has_its_filter() -> None:
    assert sorted(filters()) == sorted(path.stem for path in FOLDER.glob("*.yml"))


@pytest.mark.parametrize("name", sorted(filters()))
def test_options_are_the_parameters(name) -> None:
    document = yaml.safe_load((FOLDER / f"{name}.yml").read_text())["DOCUMENTATION"]
    options = dict(document.get("options", {}))
    if "extends_documentation_fragment" in document:
        options = {**DECLARATION, **options}
    parameters = list(inspect.signature(filters()[name]).parameters.values())
    taken = [each for each in parameters if each.kind is not inspect.Parameter.VAR_KEYWORD]
    # The decorator of these takes groups and hostvars, and makes an inventory of them.
    if taken[0].name == "inventory":
        del options["groups"], options["hostvars"]
    assert list(options)[0] == "_input"
    if len(taken) == len(parameters):  # the others hand their options on
        assert set(list(options)[1:]) == {each.name for each in taken[1:]}
    for each in taken[1:]:
        if each.default not in (inspect.Parameter.empty, None, ()):
            default = list(each.default) if isinstance(each.default, tuple) else each.default
            assert options[each.name].get("default", "") == default

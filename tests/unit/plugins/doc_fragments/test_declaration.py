# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import inspect

import pytest
import yaml
from ansible_collections.peerlb.stack.plugins.doc_fragments.declaration import ModuleDocFragment
from ansible_collections.peerlb.stack.plugins.filter import derived, topology, verification
from support import ROOT


@pytest.mark.parametrize(
    ("fragment", "name", "function"),
    [
        ("DOCUMENTATION", "declaration", topology.pools),
        ("EVALUATED", "declaration.evaluated", derived.derived),
        ("REGISTERED", "declaration.registered", verification.verification),
    ],
)
def test_fragment_requires_what_its_filters_require(fragment, name, function) -> None:
    document = (ROOT / f"plugins/filter/{function.__name__}.yml").read_text()
    assert f"extends_documentation_fragment: peerlb.stack.{name}\n" in document
    options = yaml.safe_load(getattr(ModuleDocFragment, fragment))["options"]
    assert list(options) == ["_input", "groups", "hostvars"]
    # follow_wrapped: the decorator of a filter has the parameters that Ansible calls it with.
    parameters = inspect.signature(function, follow_wrapped=False).parameters
    for key in ("groups", "hostvars"):
        required = parameters[key].default is inspect.Parameter.empty
        assert options[key].get("required", False) is required

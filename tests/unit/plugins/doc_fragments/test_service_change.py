# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import yaml
from ansible_collections.peerlb.stack.plugins.doc_fragments.service_change import ModuleDocFragment
from ansible_collections.peerlb.stack.plugins.module_utils._release.service_module import (
    COMMON_SPEC,
    PLACE_SPEC,
)
from ansible_collections.peerlb.stack.plugins.modules import service_release_info


def shape(options: dict, nested: str) -> dict:
    """Return type, default and inner options by name; *nested* is the key of the inner ones."""
    return {
        name: (
            option["type"],
            option.get("default"),
            option.get("required", False),
            shape(option.get(nested, {}), nested),
        )
        for name, option in options.items()
    }


def test_documents_agree_with_the_argument_specs() -> None:
    for text, spec in (
        (ModuleDocFragment.DOCUMENTATION, COMMON_SPEC),
        (service_release_info.DOCUMENTATION, PLACE_SPEC),
    ):
        assert shape(yaml.safe_load(text)["options"], "suboptions") == shape(spec, "options")

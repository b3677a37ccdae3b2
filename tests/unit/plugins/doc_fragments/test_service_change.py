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


def described(options: dict) -> dict:
    """Return type, default and suboptions of documented options."""
    return {
        name: (
            option["type"],
            option.get("default"),
            option.get("required", False),
            described(option.get("suboptions", {})),
        )
        for name, option in options.items()
    }


def specified(spec: dict) -> dict:
    """Return the same of an argument spec."""
    return {
        name: (
            option["type"],
            option.get("default"),
            option.get("required", False),
            specified(option.get("options", {})),
        )
        for name, option in spec.items()
    }


def test_documents_agree_with_the_argument_specs() -> None:
    for text, spec in (
        (ModuleDocFragment.DOCUMENTATION, COMMON_SPEC),
        (service_release_info.DOCUMENTATION, PLACE_SPEC),
    ):
        assert described(yaml.safe_load(text)["options"]) == specified(spec)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import yaml
from ansible_collections.peerlb.stack.plugins.doc_fragments.guard import ModuleDocFragment
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.guard_module import COMMON_SPEC


def test_fragment_documents_the_common_spec() -> None:
    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    described = {
        name: {key: option[key] for key in ("type", "default")}
        for name, option in documented.items()
    }
    assert described == COMMON_SPEC

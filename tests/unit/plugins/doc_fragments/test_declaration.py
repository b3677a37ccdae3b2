# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import yaml
from ansible_collections.peerlb.stack.plugins.doc_fragments.declaration import ModuleDocFragment
from support import ROOT


def test_fragment_has_the_input_of_every_filter_that_takes_a_declaration() -> None:
    options = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert list(options) == ["_input", "groups", "hostvars"]
    users = [
        path.stem
        for path in (ROOT / "plugins/filter").glob("*.yml")
        if "peerlb.stack.declaration" in path.read_text()
    ]
    assert {"pools", "derived", "proof", "verification"} < set(users)

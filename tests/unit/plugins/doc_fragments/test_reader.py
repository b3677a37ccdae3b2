# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import yaml
from ansible_collections.peerlb.stack.plugins.doc_fragments.reader import ModuleDocFragment
from support import ROOT

MODULES = ROOT / "plugins/modules"


def test_fragment_promises_to_change_nothing() -> None:
    attributes = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["attributes"]
    assert attributes["check_mode"]["support"] == "full"
    assert attributes["diff_mode"]["support"] == "none"


def test_modules_that_only_read_never_report_a_change() -> None:
    readers = [path.read_text() for path in MODULES.glob("*.py")]
    readers = [text for text in readers if "- peerlb.stack.reader\n" in text]
    assert readers
    assert not [text for text in readers if "changed=True" in text or '"changed": True' in text]

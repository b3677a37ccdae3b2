# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import yaml
from ansible_collections.peerlb.stack.plugins.action.write_files import ActionModule
from ansible_collections.peerlb.stack.plugins.modules import write_files


def test_documents_name_the_arguments_of_the_action() -> None:
    documented = yaml.safe_load(write_files.DOCUMENTATION)["options"]
    assert set(documented) == set(ActionModule._VALID_ARGS)

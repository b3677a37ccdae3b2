# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._release import Release


def test_id_is_not_fooled_by_moved_bytes() -> None:
    assert Release({"a": "bc"}).id != Release({"ab": "c"}).id

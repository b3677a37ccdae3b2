# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._docker.digests import Resolved
from ansible_collections.peerlb.stack.plugins.modules import image_info


def test_it_tells_what_the_registry_says(run_module, monkeypatch) -> None:
    monkeypatch.setattr(
        image_info, "resolve", lambda names: Resolved(dict.fromkeys(names, "d"), ["why"])
    )
    result = run_module(image_info, names=["a:1", "b:2"], check_mode=True)
    assert result["images"] == {"a:1": "d", "b:2": "d"}
    assert (result["changed"], result["unresolved"]) == (False, ["why"])

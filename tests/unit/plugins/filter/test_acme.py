# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the filters for what is asked of a CA by ACME."""

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.filter.acme import FilterModule

SHOP = {"name": "shop", "names": ["shop.example"], "source": "acme"}


def test_filters_tell_what_is_asked_and_what_is_wrong() -> None:
    filters = FilterModule().filters()
    assert set(filters) == {"acme_settings", "acme_problems"}
    settings = filters["acme_settings"]({"directory": "https://acme.example/dir"}, [SHOP])
    assert settings["certificates"] == [{"name": "shop", "names": ["shop.example"]}]
    assert filters["acme_problems"]({}, [SHOP])

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.peerlb.stack.plugins.filter.mysql import FilterModule

mysql_differences = FilterModule().filters()["mysql_differences"]
EMPTY = [[], [], [], []]
USER = {"name": "app", "password": "secret", "hosts": ["%"], "privileges": "app.*:ALL"}


def test_what_differs_is_returned_by_name() -> None:
    found = mysql_differences(EMPTY, [USER], [{"name": "app"}], "db1")
    assert found["databases"] == ["app"]
    assert [each["name"] for each in found["accounts"]] == ["app"]
    assert "account app@%: is created" in found["notes"]


def test_errors_are_those_of_a_filter() -> None:
    with pytest.raises(AnsibleFilterError, match="mysql_users, privileges of app: the entry"):
        mysql_differences(EMPTY, [{**USER, "privileges": "ALL"}], [], "db1")

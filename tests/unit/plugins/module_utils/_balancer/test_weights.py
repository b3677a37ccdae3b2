# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.weights import read_weights
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("web1=3", {"web1": "3"}),
        (" web1 = 3, web2=1 ", {"web1": "3", "web2": "1"}),
        ('{"web1": 3}', {"web1": 3}),
        ({"web1": 3}, {"web1": 3}),
        ({}, {}),
    ],
)
def test_each_form_is_read(given, read) -> None:
    assert read_weights(given) == read


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "no weight is given"),
        ("web1=3,", "is not understood at ''"),
        ("web1=3 web2=1", "is not understood at 'web1=3 web2=1'"),
        ("{web1: 3}", "is no JSON"),
        (["web1=3"], "is no weights"),
        ("web1=3,web1=4", "web1 is given twice, as 3 and as 4"),
        ('{"web1": 3, "web1": 4}', "web1 is given twice"),
    ],
)
def test_what_is_wrong_is_said(given, message) -> None:
    with pytest.raises(PoolError, match=message):
        read_weights(given)

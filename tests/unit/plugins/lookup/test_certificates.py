# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible.errors import AnsibleError
from ansible_collections.peerlb.stack.plugins.lookup.certificates import LookupModule, entries
from support import certificates as made

ROOT = made.Authority()
NOW = datetime.now(timezone.utc)
SHOP = {"name": "shop", "names": ["shop.example"], "source": "own_ca"}
BLOG = {"name": "blog", "names": ["blog.example"], "source": "acme"}


@pytest.fixture
def lookup():
    return LookupModule()


def test_certificates_with_what_the_ca_has_issued(lookup, tmp_path) -> None:
    leaf = ROOT.issue("shop.example")
    (tmp_path / "ca.pem").write_text(ROOT.pem)
    (tmp_path / "shop.pem").write_text(leaf.text)
    ((shop, blog),) = lookup.run([[SHOP, BLOG]], ca_dir=str(tmp_path))
    assert (shop["certificate"], shop["key"], shop["ca"]) == (leaf.pem, leaf.key, ROOT.pem)
    assert (blog["source"], blog["certificate"], blog["key"]) == ("acme", "", "")
    assert lookup.run([[SHOP, BLOG]], ca_dir=str(tmp_path), due=True) == [[]]
    late = NOW + timedelta(days=80)
    (due,) = entries([SHOP, BLOG], str(tmp_path), due=True, now=late)
    assert due["why"].endswith("days are left")
    assert entries([SHOP], str(tmp_path), due=False, now=late)[0]["certificate"] == ""


def test_certificates_that_have_to_be_issued(lookup, tmp_path) -> None:
    ((due,),) = lookup.run([[{**SHOP, "days": 7}, BLOG]], ca_dir=str(tmp_path / "none"), due=True)
    assert due == {
        **{k: SHOP[k] for k in ("name", "names")},
        "days": 7,
        "why": "none is issued yet",
    }


@pytest.mark.parametrize(
    ("value", "words"),
    [([SHOP], "peerlb_ca_dir: "), ([{**SHOP, "source": "x"}], "certificate shop: source is 'x'")],
)
def test_what_is_wrong_is_named(lookup, value, words) -> None:
    with pytest.raises(AnsibleError, match=words):
        lookup.run([value])

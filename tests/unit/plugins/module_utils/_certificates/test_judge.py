# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._certificates import (
    commands,
    judge,
    openssl,
    pem,
)
from support import certificates as made

ROOT = made.Authority()
BELOW = made.Authority("below", ROOT)
TOOL = openssl.Openssl(commands.run)
GOOD = BELOW.issue("shop.example", "*.shop.example")
NAMES = ("shop.example", "www.shop.example")


def faults(text: str, *, ca=ROOT.pem, names=NAMES, present=None, forced=False) -> list[str]:
    wanted = judge.Wanted("shop", names, pem.Pair.parse(text), "given", ca, forced)
    return judge.problems(TOOL, wanted, present, time.time())[1]


@pytest.mark.parametrize("ca", [ROOT.pem, BELOW.pem, BELOW.pem + ROOT.pem])
def test_good_pair_has_no_fault(ca) -> None:
    assert faults(GOOD.text, ca=ca) == []
    assert faults(GOOD.chain + ROOT.pem + GOOD.key, ca=ca) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.chain + ROOT.issue("x.example").key, "the key is not that of the certificate"),
        (GOOD.pem + GOOD.key, "does not lead to the given CA: unable to get local issuer"),
        (
            GOOD.pem + ROOT.pem + BELOW.pem + GOOD.key,
            "out of order: after CN=shop.example comes CN=test root, not its issuer CN=below",
        ),
        (BELOW.issue(*NAMES, ends=-0.1).text, "it has expired at 20"),
        (BELOW.issue(*NAMES, begins=0.5).text, "it is valid from 20"),
        (
            BELOW.issue("shop.example").text,
            "www.shop.example is not covered: it is for shop.example",
        ),
        (BELOW.issue().text, "shop.example is not covered: it is for no name of a host"),
        (GOOD.pem.replace("MII", "AAA") + GOOD.key, "it cannot be read: openssl x509"),
    ],
)
def test_each_fault_is_named(text, words) -> None:
    found = faults(text)
    assert found
    assert all(each.startswith("certificate shop: ") for each in found)
    assert any(words in each for each in found), found


def test_all_faults_are_named_at_once() -> None:
    text = BELOW.issue("other.example", ends=-1).pem + ROOT.issue("x.example").key
    assert len(faults(text)) == 4


def test_unknown_ca_is_refused_without_a_ca_that_is_given() -> None:
    (fault,) = faults(GOOD.text, ca="")
    assert "does not lead to a CA that this host knows" in fault
    assert "it ends with CN=below, issued by CN=test root" in fault


def test_certificate_that_ends_earlier_is_taken_by_force_alone() -> None:
    present = TOOL.facts(GOOD.pem)
    shorter = BELOW.issue(*NAMES, ends=10).text
    (fault,) = faults(shorter, present=present)
    assert f"earlier than the one in use, which ends at {judge.moment(present.ends)}" in fault
    assert faults(shorter, present=present, forced=True) == []
    assert faults(GOOD.text, present=present) == []


@pytest.mark.parametrize(
    ("pattern", "name", "covered"),
    [
        ("shop.example", "shop.example", True),
        ("*.shop.example", "www.shop.example", True),
        ("*.shop.example", "*.shop.example", True),
        ("*.shop.example", "shop.example", False),
        ("*.shop.example", "a.b.shop.example", False),
        ("*.example", "*.shop.example", False),
        ("*.b.shop.example", "*.shop.example", False),
        ("*.", "shop", False),
        ("www.shop.example", "*.shop.example", False),
    ],
)
def test_star_stands_for_one_label(pattern, name, covered) -> None:
    assert judge.covers(pattern, name) is covered

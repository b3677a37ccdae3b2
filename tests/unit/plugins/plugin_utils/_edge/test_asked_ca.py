# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of what is asked of a CA by ACME."""

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._acme.wanted import Wanted
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.asked_ca import (
    IMAGE,
    acme_problems,
    acme_settings,
)

ACME = {"directory": "https://acme.example/dir", "contact": "ops@shop.example"}
SHOP = {"name": "shop", "names": ["shop.example"], "source": "acme"}
OWN = {"name": "intern", "names": ["intern.example"], "source": "own_ca", "days": 90}


def test_certificates_of_the_source_acme_are_asked_for() -> None:
    found = acme_settings(ACME, [SHOP, OWN])
    assert found == {
        **ACME,
        "image": IMAGE,
        "certificates": [{"name": "shop", "names": ["shop.example"]}],
    }
    assert Wanted.parse(found).certificates[0].name == "shop"


@pytest.mark.parametrize("certificates", [[], [OWN], None, "x", [5]])
def test_nothing_is_asked_for_without_such_certificates(certificates) -> None:
    assert acme_settings(ACME, certificates) == {}


def test_settings_that_make_sense_have_no_problem() -> None:
    assert acme_problems(ACME, [SHOP, OWN]) == []
    assert acme_problems({}, [OWN]) == []
    assert acme_problems(ACME, []) == []


@pytest.mark.parametrize(
    ("acme", "certificates", "problem"),
    [
        ({}, [SHOP], "nginx_lb_acme (peerlb_acme): directory is missing"),
        ("x", [], "nginx_lb_acme (peerlb_acme): is not a mapping with directory"),
        ({"directory": "x"}, [], "nginx_lb_acme (peerlb_acme): directory is 'x', not a URL"),
        (ACME, [{**SHOP, "names": ["*.a.example"]}], "certificate shop: names is '*.a.example'"),
        ({**ACME, "contakt": 1}, [], "nginx_lb_acme (peerlb_acme): unknown key contakt"),
    ],
)
def test_each_problem_is_a_sentence(acme, certificates, problem) -> None:
    (found,) = acme_problems(acme, certificates)
    assert found.startswith(problem)


def test_image_needs_a_tag() -> None:
    (found,) = acme_problems(ACME, [SHOP], "goacme/lego")
    assert "image is 'goacme/lego'" in found

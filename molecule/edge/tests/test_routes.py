# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The URL map as clients meet it, and stored tests that refuse a release on the real nginx."""

from __future__ import annotations

import copy
import typing as t

import pytest
import yaml
from support.edge import NAME, ROOT
from support.lab import shell

DECLARED = yaml.safe_load((ROOT / "inventories/lab_edge/group_vars/all.yml").read_text())
URL_MAP = DECLARED["peerlb_url_map"]


def with_test(**test: t.Any) -> dict[str, t.Any]:
    """Return the URL map with one test more."""
    found = copy.deepcopy(URL_MAP)
    found["tests"].append(test)
    return found


def state() -> str:
    """Return all that is live: the release, and what is staged."""
    return shell("lb1", "cd /opt/peerlb/nginx_lb/nginx; readlink current; ls releases; ls -A")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/old/a%20b?c=1", f"301 https://{NAME}/new/a%20b?c=1"),
        ("/gone", "410 "),
        ("/shop/healthz", "200 "),
        ("/shopping", "404 "),
    ],
)
def test_routes_are_those_of_the_map(lab, path, expected) -> None:
    told = lab.curl("-o/dev/null", "-w%{http_code} %{redirect_url}", url=f"https://{NAME}{path}")
    assert told == expected


def test_failing_test_is_refused_in_check_before_any_host_is_asked(lab) -> None:
    wrong = with_test(url=f"https://{NAME}/gone", expect={"pool": "webapp"})
    before = state()
    output = " ".join(lab.play("check", fails=True, peerlb_url_map=wrong).split())
    assert "expected pool webapp; actual status 410" in output
    assert "hosts[0].rules[1] /gone" in output
    assert state() == before


def test_failing_test_is_refused_by_the_real_nginx(lab) -> None:
    """The playbook of the load balancers alone leaves the evaluation to nginx."""
    wrong = with_test(url=f"https://{NAME}/gone", expect={"pool": "webapp"})
    count = len(wrong["tests"])
    before = state()
    output = " ".join(lab.play("nginx_lb", fails=True, peerlb_url_map=wrong).split())
    assert f"1 of {count} tests of the URL map fail, nothing was changed" in output
    assert "expected pool webapp, and it is status 410" in output
    assert "/gone" in output
    assert state() == before
    assert "peerlb-nginx-standins" not in shell("lb1", "docker ps -a")


def test_explanation_names_the_rule(lab) -> None:
    told = " ".join(lab.play("explain", url=f"https://{NAME}/shop/cart").split())
    for word in ("443", "shop", "/shop/*", "webapp", "web1", "web2", "/cart"):
        assert word in told

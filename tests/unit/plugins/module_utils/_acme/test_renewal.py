# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of attempts for one certificate: what is asked, installed and noted, also when killed."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._acme.lego import Lego
from ansible_collections.peerlb.stack.plugins.module_utils._acme.renewal import (
    Renewal,
    due,
    run_program,
)
from ansible_collections.peerlb.stack.plugins.module_utils._acme.state import HOUR, read_state
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.pem import CertificateError
from support.acme import FakeInstaller, FakeLego, certificate, wanted

NO = "acme: error: 403 :: urn:ietf:params:acme:error:unauthorized"
DAY = 24 * HOUR


@dataclass
class Host:
    """A load balancer with a CA, a clock, and what was said."""

    lego: FakeLego
    nginx: FakeInstaller = field(default_factory=FakeInstaller)
    now: float = 1_700_000_000.0
    said: list[str] = field(default_factory=list)

    def attempt(self, **settings) -> str:
        """Ask for the certificate shop."""
        asked = wanted(**settings)
        lego = Lego(self.lego.root, asked, self.lego.run)
        renewal = Renewal(self.lego.root, lego, self.nginx, self.said.append, lambda: self.now)
        return renewal.attempt(asked.certificates[0])

    @property
    def state(self):
        """Return what is noted."""
        return read_state(self.lego.root, "shop")


@pytest.fixture
def host(tmp_path) -> Host:
    """Return a load balancer without certificates."""
    return Host(FakeLego(tmp_path))


def test_first_certificate_is_installed(host) -> None:
    assert host.attempt() == ""
    assert (host.state.result, host.state.message, len(host.nginx.installed)) == ("issued", "", 1)
    assert host.said == ["shop: issued"]


def test_certificate_that_is_not_due_is_kept(host) -> None:
    host.attempt()
    assert host.attempt() == ""
    assert (host.lego.issued, host.state.result) == (1, "kept")
    assert host.lego.verbs() == ["run", "renew"]


def test_certificate_that_is_due_is_renewed(host) -> None:
    host.attempt()
    host.lego.due = True
    host.attempt()
    assert (host.lego.issued, host.state.result) == (2, "issued")
    assert host.nginx.installed[0] != host.nginx.installed[1]


def test_other_names_are_asked_for_anew_until_they_are_there(host) -> None:
    host.attempt()
    other = [{"name": "shop", "names": ["shop.example", "new.shop.example"]}]
    host.lego.errors = ["connection refused"]
    assert host.attempt(certificates=other) == "connection refused"
    assert host.attempt(certificates=other) == ""
    assert host.lego.verbs() == ["run", "run", "run"]


def test_refusal_is_not_repeated_within_the_hour(host) -> None:
    host.lego.errors = [NO, NO]
    assert host.attempt() == NO
    assert host.attempt() == NO
    assert len(host.lego.verbs()) == 1
    assert "not asked before 2023-11-14T23:13:20Z" in host.said[-1]
    host.now += HOUR
    host.attempt()
    assert len(host.lego.verbs()) == 2


def test_ca_that_was_down_is_asked_at_the_next_look(host) -> None:
    host.lego.errors = ["connection refused"]
    assert host.attempt() == "connection refused"
    assert host.state.result == "failed"
    assert host.attempt() == ""
    assert host.state.result == "issued"


def test_failed_renewal_leaves_what_is_in_use(host) -> None:
    host.attempt()
    before = host.nginx.installed[-1]
    host.lego.errors = ["connection refused"]
    assert host.attempt()
    assert host.nginx.installed[-1] == before
    assert host.state.succeeded


def test_nginx_that_refuses_costs_no_further_certificate(host) -> None:
    host.nginx.problem = CertificateError("nginx refuses\nthe change")
    assert host.attempt() == "nginx refuses the change"
    host.nginx.problem = None
    assert host.attempt() == ""
    assert (host.lego.issued, host.state.result, len(host.nginx.installed)) == (1, "issued", 1)


def test_killed_between_the_ca_and_nginx_the_next_attempt_installs(host, monkeypatch) -> None:
    host.nginx.problem = SystemExit()  # as a signal ends the program
    with pytest.raises(SystemExit):
        host.attempt()
    assert not host.state.is_served(wanted().identity(wanted().certificates[0]))
    host.nginx.problem = None
    host.attempt()
    assert (host.lego.issued, host.state.result) == (1, "issued")


def test_half_written_pair_is_replaced(host) -> None:
    host.attempt()
    place = host.lego.root / "acme/shop/certificates/shop.example.key"
    place.write_text(certificate(["shop.example"])[1])
    assert host.attempt() == ""
    assert host.lego.verbs() == ["run", "run"]


@pytest.mark.parametrize(("days", "part"), [(90, 2 / 3), (6, 1 / 2)])
def test_when_a_certificate_is_due(tmp_path, days, part) -> None:
    (tmp_path / "a.crt").write_text(certificate(["a.example"], days)[0])
    before = due(tmp_path / "missing.crt", 0.0)
    (tmp_path / "b.crt").write_text(certificate(["a.example"], days * 2)[0])
    first, second = due(tmp_path / "a.crt", 0.0), due(tmp_path / "b.crt", 0.0)
    assert before == 12 * HOUR
    assert second - first == pytest.approx(days * DAY * (2 * (2 / 3) - part), abs=60)


def test_programs_that_fail_are_results() -> None:
    assert run_program(["/no/such/program"], 1)[0] == 127
    assert run_program([sys.executable, "-c", "import time; time.sleep(9)"], 0.1)[0] == 124
    assert run_program([sys.executable, "-c", "print('ä')"], 9)[0] == 0

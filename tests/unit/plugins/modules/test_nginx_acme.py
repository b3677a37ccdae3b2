# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the module: what it starts, what it says, and that it asks nobody in vain."""

from __future__ import annotations

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.peerlb.stack.plugins.module_utils._acme import program
from ansible_collections.peerlb.stack.plugins.module_utils._acme.wanted import Wanted
from ansible_collections.peerlb.stack.plugins.modules import nginx_acme
from support.acme import ENTRY, FakeInstaller, FakeLego

NO = "acme: error: 403 :: urn:ietf:params:acme:error:unauthorized"


class Host:
    """A load balancer whose systemd runs the unit at once."""

    def __init__(self, path, run_module) -> None:
        """Begin without certificates."""
        self.path, self.run_module = path, run_module
        self.lego = FakeLego(path / "nginx")
        self.commands: list[list[str]] = []
        self.said: list[str] = []

    def systemd(self, command: list[str], **_options):
        """Run the unit, as `systemctl start` does."""
        self.commands.append(command)
        (self.path / "nginx/acme").mkdir(parents=True, exist_ok=True)
        found = program.renew_all(self.path / "nginx", Wanted.parse(ENTRY), FakeInstaller())
        return int(bool(found)), "", ""

    def run(self, **options):
        """Run the module."""
        return self.run_module(nginx_acme, path=str(self.path), settings=ENTRY, **options)


@pytest.fixture
def host(tmp_path, run_module, monkeypatch) -> Host:
    """Return a load balancer."""
    host = Host(tmp_path, run_module)
    monkeypatch.setattr(AnsibleModule, "run_command", host.systemd)
    monkeypatch.setattr(program, "run_program", host.lego.run)
    monkeypatch.setattr(program, "say", host.said.append)  # not among the module's own output
    return host


def test_it_goes_through_the_six_steps(host) -> None:
    predicted = host.run(check_mode=True)
    assert (predicted["changed"], predicted["asked"], host.commands) == (True, ["shop"], [])
    done = host.run()
    assert (done["changed"], done["asked"]) == (True, ["shop"])
    assert host.commands == [["systemctl", "start", "peerlb-certificates.service"]]
    assert done["certificates"]["shop"]["result"] == "issued"
    assert host.run(check_mode=True)["changed"] is False
    again = host.run()
    assert (again["changed"], again["asked"], len(host.commands)) == (False, [], 1)


def test_it_fails_in_the_words_of_the_ca_and_heals(host) -> None:
    host.lego.errors = ["dial tcp: connection refused"]
    failed = host.run()
    assert failed["failed"]
    assert failed["msg"] == "certificate shop: dial tcp: connection refused"
    assert host.run()["certificates"]["shop"]["result"] == "issued"


def test_ca_that_refused_is_asked_again_only_if_somebody_says_so(host) -> None:
    host.lego.errors = [NO]
    assert "unless nginx_lb_acme_retry is set" in host.run()["msg"]
    assert host.run()["failed"]
    assert len(host.lego.verbs()) == 1
    assert host.run(retry=True)["changed"] is True
    assert len(host.lego.verbs()) == 2


def test_settings_that_make_no_sense_are_refused(host) -> None:
    settings = {**ENTRY, "directory": "x"}
    result = host.run_module(nginx_acme, path=str(host.path), settings=settings)
    assert "directory is 'x'" in result["msg"]
    assert host.commands == []

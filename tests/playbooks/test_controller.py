# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller runs its own tasks as who called, whatever is set for the group all."""

from __future__ import annotations

import pytest
import yaml
from support import ROOT

# What people set for all hosts, as if the controller were none of them. Nothing here works.
HOSTILE = {
    "ansible_connection": "no.such.plugin",
    "ansible_become": True,
    "ansible_become_method": "no.such.plugin",
    "ansible_become_user": "{{ no_such_variable }}",
    "ansible_become_password": "{{ no_such_variable }}",
    "ansible_python_interpreter": "/no/such/python",
    "ansible_host": "{{ no_such_variable }}",
    "ansible_port": "{{ no_such_variable }}",
    "ansible_user": "{{ no_such_variable }}",
    "ansible_ssh_private_key_file": "{{ no_such_variable }}",
    "ansible_password": "{{ no_such_variable }}",
    "ansible_shell_type": "no.such.plugin",
    "ansible_remote_tmp": "/proc/no/such/directory",
}
GENTLE = {
    **dict.fromkeys(HOSTILE, ""),
    "ansible_connection": "local",
    "ansible_become": False,
    "ansible_become_method": "sudo",
    "ansible_become_user": "root",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    "ansible_port": 22,
    "ansible_shell_type": "sh",
    "ansible_remote_tmp": "~/.ansible/tmp",
}


@pytest.fixture
def hostile(deployable):
    """A stack whose hosts work, though the variables of the group all do not."""
    for name in GENTLE:
        deployable.variables.pop(name, None)
    for hosts in deployable.groups.values():
        for own in hosts.values():
            own |= {**GENTLE, **own}
    deployable.variables |= HOSTILE
    return deployable


@pytest.mark.parametrize("options", [(), ("--limit", "web1")])
def test_check_needs_no_managed_host(hostile, options) -> None:
    done = hostile.play("check", *options)
    assert done.returncode == 0, done.stdout


def test_verify_asks_from_the_controller_as_who_called(hostile) -> None:
    del hostile.groups["clients"]
    done = hostile.play("verify")
    assert "Judge the results" in done.stdout, done.stdout
    assert "no.such.plugin" not in done.stdout
    assert "no_such_variable" not in done.stdout
    assert "/no/such/python" not in done.stdout
    assert "localhost -> lb1:80" in (hostile.path / "report/peerlb-report.json").read_text()


def test_explain_asks_the_controller_as_who_called(hostile) -> None:
    del hostile.groups["clients"]
    done = hostile.play("explain", "-e", "explain=localhost->lb1:80")
    assert done.returncode == 0, done.stdout
    assert "no_such_variable" not in done.stdout
    assert "fatal:" not in done.stdout, done.stdout


def test_every_play_of_the_controller_and_no_other_says_so() -> None:
    """A new play, or a task that is delegated to the controller, is no managed host's either."""
    for path in sorted((ROOT / "playbooks").glob("*.yml")):
        plays = yaml.safe_load(path.read_text())
        for play in plays if isinstance(plays, list) else ():
            files = str(play.get("vars_files", ""))
            text = str(play.get("tasks", ""))
            hosts = str(play.get("hosts", ""))
            if "localhost" in hosts or "client_hosts" in hosts or "'localhost'" in text:
                named = "localhost" in files or "inventory_hostname" in files
                assert named, f"{path.name}: {play['name']}"
            assert (files == "['vars/localhost.yml']") == (play.get("connection") == "local")
    for path in [*ROOT.glob("playbooks/steps/*.yml"), *ROOT.glob("roles/*/tasks/*.yml")]:
        assert "delegate_to: localhost" not in path.read_text(), path

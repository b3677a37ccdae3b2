# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inputs of the operating playbooks are checked, in words, before any host is asked."""

from __future__ import annotations

import re

import pytest
from support.fleet.fleet import Fleet


@pytest.mark.parametrize(
    ("playbook", "options", "message"),
    [
        ("set_weights", (), "missing required arguments: weights"),
        ("drain", ("-e", "reason=canary"), "missing required arguments: member"),
        (
            "drain",
            ("-e", "member=web2", "-e", "drain_timeout=soon"),
            "argument 'drain_timeout' is of type .*str.* and we were unable to convert to int",
        ),
        ("explain", (), "missing required arguments: explain"),
    ],
)
def test_what_is_missing_or_wrong_is_named(stack, playbook, options, message) -> None:
    done = stack.play(playbook, *options)
    assert done.returncode == 2, done.stdout
    assert re.search(message, " ".join(done.stdout.replace('"', "").split()))
    assert "is undefined" not in done.stdout
    assert "TASK [steps | override | Set weights" not in done.stdout


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """A fleet with two load balancers."""
    built = Fleet(tmp_path_factory.mktemp("fleet"), hosts=40).build()
    (built.path / "asked").mkdir()
    return built


def test_a_change_is_tested_on_every_load_balancer_before_it_is_made_on_the_first(fleet) -> None:
    code, said = fleet.play("set_weights", "-e", "weights=web1=3,web2=1", "-e", "operator=ada")
    assert code == 0, said
    for name in ("lb1", "lb2"):
        calls = fleet.asked(name, "nginx_override")
        assert [call["test_only"] for call in calls] == [True, False]
        assert {call["operator"] for call in calls} == {"ada"}
        assert calls[1]["weights"] == "web1=3,web2=1"
    tested = said.index("TASK [steps | override | Set weights and states at run time]")
    assert said.index("Test the change on every load balancer") < tested
    assert said.index("PLAY [Change one load balancer after the other]") > tested

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


ADDRESSES = {"lb1": "10.0.0.2", "lb2": "10.0.0.3"}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """A fleet with two load balancers."""
    built = Fleet(tmp_path_factory.mktemp("fleet"), hosts=40).build()
    (built.path / "asked").mkdir()
    return built


def test_a_change_is_tested_on_every_load_balancer_before_it_is_made_on_the_first(fleet) -> None:
    code, said = fleet.play("set_weights", "-e", "weights=web1=3,web2=1", "-e", "operator=ada")
    assert code == 0, said
    for name, address in ADDRESSES.items():
        assert fleet.reached(name, "nginx_override", test_only=True) == [address]
    calls = fleet.asked("lb1", "nginx_override")
    assert [call["test_only"] for call in calls] == [True, False, False]
    assert {call["operator"] for call in calls} == {"ada"}
    assert {call["weights"] for call in calls} == {"web1=3,web2=1"}
    assert fleet.reached("lb1", "nginx_override", test_only=False) == list(ADDRESSES.values())
    tested = said.index("TASK [steps | override | Set weights and states at run time]")
    assert said.index("Test the change on every load balancer") < tested
    assert said.index("PLAY [Change one load balancer after the other]") > tested


def test_a_load_balancer_on_which_a_change_fails_stops_the_rest(tmp_path) -> None:
    fleet = Fleet(tmp_path, hosts=8, spares=2).build()
    for folder in ("asked", "disks/lb1"):
        (fleet.path / folder).mkdir(parents=True)
    (fleet.path / "disks/lb1/fails").write_text("yes")
    code, said = fleet.play("set_weights", "-e", "weights=web1=3")
    assert code == 2, said
    assert "the release did not come up in 15 s" in said
    assert len(fleet.reached("lb1", "nginx_override", test_only=False)) == 1


FORMS = 'write them as web1=3,web2=1 or as {"web1": 3, "web2": 1}'


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((), f"missing required arguments: weights: {FORMS}"),
        (("weights=",), f"weights: no weight is given: {FORMS}"),
        (("weights=Inventory",), f"weights: 'Inventory' is not understood at 'Inventory': {FORMS}"),
        (("weights=@w.json",), f"weights: '@w.json' is not understood at '@w.json': {FORMS}"),
        (("weights=web1=3,web1=4",), "weights: web1 is given twice, as 3 and as 4"),
        (('{"weights": "{\\"web1\\": 3, \\"web1\\": 4}"}',), "weights: web1 is given twice"),
        (
            ("weights=web1=3 web2=1",),
            "web2 became a variable of its own, because",
        ),
        (("weights=web1=3, web2=1",), "web2 became a variable of its own"),
        (("weights=web1=3 ,web2",), "',web2' belongs to no variable: -e cuts a value at a space"),
        (("weights=web1=three",), "member web1: weight"),
        (('{"weights": ["web1", 3]}',), FORMS),
        (('{"weights": {}}',), f"weights: none is given: {FORMS}"),
    ],
)
def test_weights_that_are_not_clear_are_refused(stack, given, message) -> None:
    done = stack.play("set_weights", *(word for each in given for word in ("-e", each)))
    assert done.returncode == 2, done.stdout
    said = " ".join(done.stdout.replace('\\"', '"').split())
    assert message in said
    assert "TASK [steps | override" not in said


def test_a_variable_that_is_named_as_a_host_is_no_weight_that_was_cut(fleet) -> None:
    code, said = fleet.play("set_weights", "-e", '{"weights": "web1=2", "web2": {"rack": 7}}')
    assert code == 0, said


HALF = "missing required arguments: explain, or url, or from and to"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("from=web1",), f"{HALF}: write -e from=web1"),
        (("to=lb1:3306",), HALF),
        (("explain=web1 -> lb1:3306",), "'-> lb1:3306' belongs to no variable"),
    ],
)
def test_half_a_connection_is_refused(stack, given, message) -> None:
    done = stack.play("explain", *(word for each in given for word in ("-e", each)))
    assert done.returncode == 2, done.stdout
    assert message in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    "given",
    [
        ("explain=web1->db1:3306",),
        ("from=web1", "to=db1:3306"),
        ('{"explain": "web1 -> db1:3306"}',),
    ],
)
def test_a_connection_is_explained_in_each_form(stack, given) -> None:
    words = [word for each in (*given, "explain_watch=1") for word in ("-e", each)]
    done = stack.play("explain", *words, "--limit", "web1")
    assert done.returncode == 0, done.stdout
    assert "web1 -> db1:3306 (tcp) works" in done.stdout


@pytest.mark.parametrize(
    ("playbook", "given"), [("rollback", {"release": 1.10}), ("drain", {"member": True})]
)
def test_an_input_that_is_not_the_text_that_was_written_is_named(stack, playbook, given) -> None:
    stack.extra |= given
    done = stack.play(playbook)
    assert done.returncode == 2, done.stdout
    said = " ".join(done.stdout.split())
    ((name, value),) = given.items()
    assert (
        f"{name} is {value!r}, not text; YAML may have changed what was written: quote it" in said
    )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input and cut runs against the stack in the lab. Run by molecule, or by pytest with a lab."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest
from support.lab import changes, inside, play, playbook, run, said, start


def client(path: str) -> str:
    """Return the status of one request from the internet."""
    ask = ["curl", "-s", "-o", "/dev/null", "-m", "10", "-w", "%{http_code}"]
    return run(inside("client", *ask, f"http://10.0.0.2{path}")).stdout


# playbook, variables, what the message says, whether the service is gone until the next run
CASES = [
    ("nginx_lb", {"nginx_lb_image": "nginx:9.99"}, "nginx:9.99", False),
    ("nginx_lb", {"nginx_lb_image": "nginx:latest"}, "set nginx_lb_version", False),
    (
        "nginx_lb",
        {"nginx_lb_extra": {"http": "lunch at noon;"}},
        'unknown directive "lunch"',
        False,
    ),
    ("nginx_lb", {"nginx_lb_extra": {"htpp": ""}}, "htpp", False),
    ("nginx_lb", {"peerlb_pools": [{"name": "webapp", "colour": 1}]}, "unknown key colour", False),
    ("nginx_lb", {"peerlb_listeners": [{"port": 70000}]}, "70000", False),
    ("webapp", {"webapp_image": "shop:0.0"}, "shop:0.0", True),
    ("webapp", {"webapp_mysql_password": ""}, "webapp_mysql_password", False),
    ("mysql", {"mysql_image": "mysql:0.0"}, "mysql:0.0", True),
    ("mysql", {"mysql_config": {"no_such_setting": 1}}, "no_such_setting", True),
    ("check", {"mysql_root_password": ""}, "mysql_root_password", False),
]


@pytest.mark.parametrize(
    "name, variables, message, mends", CASES, ids=[f"{case[0]}-{case[2]}" for case in CASES]
)
def test_refused_by_name_and_nothing_lost(name, variables, message, mends) -> None:
    refused = play(name, **variables)
    assert refused.returncode != 0
    assert message in refused.stdout + refused.stderr
    if mends:
        said(play(name))
    assert client("/connection") == "200"


def test_nothing_is_left_of_what_was_refused() -> None:
    assert not any(changes(play("site")).values())


def test_runs_cut_in_the_middle_are_run_again() -> None:
    for seconds in (2, 6, 12):
        cut_short(seconds)
    said(play("site"))
    assert not any(changes(play("site")).values())


def cut_short(seconds: int) -> None:
    """Kill a run that changes every layer after so many seconds."""
    variables = {"nginx_lb_client_max_body_size": f"{seconds}m", "webapp_threads": seconds + 4}
    cut = start(
        playbook("site", **variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    os.killpg(cut.pid, signal.SIGKILL)
    cut.wait()

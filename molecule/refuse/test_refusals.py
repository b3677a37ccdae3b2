# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input and interrupted runs on the lab's stack. Run by molecule, or by pytest with a lab."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest
from support.lab import changes, in_network, output_of, play, playbook, run, start


def client(path: str) -> str:
    """Return the status of one request from the internet, such as "200"."""
    command = ["curl", "-s", "-o", "/dev/null", "-m", "10", "-w", "%{http_code}"]
    return run(in_network("client", *command, f"http://10.0.0.2{path}")).stdout


# playbook, variables, a part of the message, whether the service is down until the next run
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
    "name, variables, message, down", CASES, ids=[f"{case[0]}-{case[2]}" for case in CASES]
)
def test_error_names_the_bad_input_and_nothing_is_lost(name, variables, message, down) -> None:
    refused = play(name, **variables)
    assert refused.returncode != 0
    assert message in refused.stdout + refused.stderr
    if down:
        output_of(play(name))
    assert client("/connection") == "200"


def test_refused_input_leaves_no_change() -> None:
    assert not any(changes(play("site")).values())


def test_run_after_interrupted_runs_converges() -> None:
    for seconds in (2, 6, 12):
        interrupt_after(seconds)
    output_of(play("site"))
    assert not any(changes(play("site")).values())


def interrupt_after(seconds: int) -> None:
    """Start a run that changes every layer, and kill it after *seconds*."""
    variables = {"nginx_lb_client_max_body_size": f"{seconds}m", "webapp_threads": seconds + 4}
    process = start(
        playbook("site", **variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

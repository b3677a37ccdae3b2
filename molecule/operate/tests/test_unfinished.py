# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of operators at the same time and of killed runs: what is set is whole."""

from __future__ import annotations

import re
import subprocess
import time

from support.lab import ssh, start, start_play
from support.operated import wait_for_the_rest_of


def test_error_names_another_operator_at_work(lab, figures) -> None:
    plays = [
        start_play("set_weights", weights={"web1": 2 + n}, operator=f"op{n}", lock_timeout=0)
        for n in range(4)
    ]
    texts = [play.communicate(timeout=120)[0] for play in plays]
    done = [play.returncode == 0 for play in plays]
    for text, ok in zip(texts, done):
        assert ok or "is changing this service right now" in " ".join(text.split())
    assert any(done)
    assert lab.valid()
    assert "changed=0" in lab.play("nginx_lb")
    figures["4 operators at once"] = f"{done.count(True)} changed it, {done.count(False)} refused"


def test_changes_at_the_same_time_wait_for_each_other(lab) -> None:
    plays = [start_play("set_weights", weights={"web1": 2 + n}) for n in range(3)]
    texts = [play.communicate(timeout=240)[0] for play in plays]
    assert [play.returncode for play in plays] == [0, 0, 0], texts
    assert lab.valid()


# Waits for the process that takes the lock, and kills it after a delay.
KILL = """
lock=/opt/peerlb/nginx_lb/nginx/lock; old=$(cat $lock 2>/dev/null); echo ready
until new=$(cat $lock) && [ -n "$new" ] && [ "$new" != "$old" ]; do :; done
sleep {delay}; kill -9 $(echo "$new" | tr -dc "0-9 " | awk "{{print \\$NF}}") && echo killed
"""


def test_killed_module_leaves_all_or_nothing(lab, figures) -> None:
    _effect, text = lab.effect("set_weights", weights={"web1": 1, "web2": 9})
    took = re.search(r"is live after ([\d.]+) s", text)
    assert took, text
    killed = written = 0
    for step in range(12):
        before = lab.overrides()
        argv = ssh("lb1", KILL.format(delay=float(took[1]) * step / 12))
        with start(argv, stdout=subprocess.PIPE) as killer:
            assert killer.stdout and killer.stdout.readline() == "ready\n"
            weights = {"web1": 2 + step}
            play = start_play("set_weights", weights=weights, operator=f"op{step}x")
            play.communicate(timeout=60)
            killed += "killed" in killer.communicate(timeout=10)[0]
        after = lab.overrides()
        written += after != before
        assert after == before or after["web1"]["weight"] == 2 + step
        assert lab.valid()
        lab.play("set_weights", weights=weights)
        assert lab.overrides()["web1"]["weight"] == 2 + step
    figures["kill -9 of the module"] = (
        f"{killed} of 12 killed, {written} of 12 had written the change; all converged"
    )
    assert killed > 5


def test_run_after_a_killed_playbook_converges(lab) -> None:
    for tenths in (3, 6, 8, 10, 12):
        play = start_play("set_weights", weights={"web2": 2 + tenths})
        time.sleep(tenths / 10)
        play.kill()
        play.communicate()
        assert lab.valid()
    wait_for_the_rest_of("set_weights")
    lab.play("set_weights", weights={"web2": 7})
    assert lab.load(connections=1, rate=200, seconds=0.2)["served_by"] == {"web1": 5, "web2": 35}

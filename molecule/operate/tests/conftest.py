# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab as its operator and its clients see it, and the figures that the tests measure."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
from support.lab import ADDRESSES, inside, run, ssh, start, start_play

HERE = Path(__file__).resolve().parent.parent
FIGURES: dict[str, t.Any] = {}


def pytest_terminal_summary(terminalreporter) -> None:
    terminalreporter.section("figures")
    for name, value in FIGURES.items():
        terminalreporter.write_line(f"{name}: {value}")


class Lab:
    """Playbooks run as an operator runs them; load comes from the client's namespace only."""

    url = f"http://{ADDRESSES['lb1']}"
    touched = True

    def play(self, name: str, *options: str, fails: bool = False, **extra: t.Any) -> str:
        """Run a playbook and return what it printed; whether it fails must be as expected."""
        self.touched |= not fails and "--check" not in options
        process = start_play(name, *options, **extra)
        text, _rest = process.communicate(timeout=180)
        assert bool(process.returncode) == fails, text
        return text

    def start_load(self, path: str, **options: t.Any) -> Load:
        words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
        script = [sys.executable, str(HERE / "load.py"), self.url + path, *words]
        return Load(start(inside("client", *script), stdout=subprocess.PIPE))

    def effect(self, name: str, **extra: t.Any) -> tuple[float, str]:
        """Run a playbook; return after how many seconds another release answered, and the text."""
        before, began = self.serving(), time.monotonic()
        play = start_play(name, **extra)
        while self.serving() == before and play.poll() is None:
            time.sleep(0.01)
        seconds = time.monotonic() - began
        self.touched = True
        text, _rest = play.communicate()
        assert play.returncode == 0, text
        return seconds, text

    def load(self, path: str = "/status/200", **options: t.Any) -> dict[str, t.Any]:
        return self.start_load(path, **options).result()

    def curl(self, *options: str, name: str = "client", url: str = "") -> str:
        return run(inside(name, "curl", "-s", "-m", "5", *options, url or f"{self.url}/")).stdout

    def serving(self, host: str = "lb1") -> str:
        """Return the id of the release that answers on a load balancer's status listener."""
        return self.curl(name=host, url="http://127.0.0.1:8081/release").strip()

    def status(self, tmp_path: Path, **extra: t.Any) -> dict[str, t.Any]:
        file = tmp_path / "status.json"
        self.play("lb_status", status_file=str(file), **extra)
        return json.loads(file.read_text())["lb1"]

    def tested(self) -> bool:
        """Whether nginx itself accepts what the disk says, so that a restart works."""
        check = "docker exec peerlb-nginx nginx -t -c /etc/nginx/peerlb/current/nginx.conf"
        return run(ssh("lb1", check)).returncode == 0

    def healthy(self, seconds: float = 60) -> None:
        """Wait until all members answer, twenty times in a row."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            answers = self.load("/status/200", rate=200, connections=2, seconds=0.1)
            if not answers["failed"] and len(answers["served_by"]) == 2:
                return
            time.sleep(0.2)
        raise AssertionError("the members are not back")


class Load:
    """A load that runs; began is the moment of its first request."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.began = time.monotonic() + 0.25  # the interpreter's start

    def wait(self, seconds: float) -> None:
        """Sleep until so many seconds after the first request."""
        time.sleep(max(0.0, self.began + seconds - time.monotonic()))

    def now(self) -> float:
        return time.monotonic() - self.began

    def result(self) -> dict[str, t.Any]:
        text, _rest = self.process.communicate(timeout=180)
        assert self.process.returncode == 0
        return json.loads(text)


@pytest.fixture(scope="session")
def lab() -> t.Iterator[Lab]:
    lab = Lab()
    yield lab
    lab.play("set_weights", weights="inventory")


@pytest.fixture(scope="session")
def figures() -> dict[str, t.Any]:
    return FIGURES


@pytest.fixture(autouse=True)
def at_rest(lab) -> None:
    """Each test begins with the inventory's weights and both members."""
    if lab.touched:
        lab.play("set_weights", weights="inventory")
        lab.touched = False
    lab.healthy()


@pytest.fixture
def standins(lab) -> t.Iterator[None]:
    """Something quicker than the application, where the load would be more than it can take."""
    lab.play("../molecule/operate/standin", standin=True)
    lab.healthy()
    yield
    lab.play("../molecule/operate/standin", standin=False)
    lab.healthy()


@pytest.fixture
def as_declared(lab) -> t.Iterator[None]:
    """Deploy what the inventory says when a test that deployed something else has ended."""
    yield
    lab.play("nginx_lb")

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab as its operator and its clients use it: playbooks, loads, and what is lost meanwhile."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
import typing as t
from pathlib import Path

from support import ROOT
from support.lab import ADDRESSES, in_network, run, run_in_network, shell, ssh, start, start_play

LOAD = ROOT / "molecule/operate/load.py"
# A program for lb1 that ends as soon as nginx has asked for a pool after the next change of weights
# or states, or after 60 s.
FOLLOWED = """
import json, time
def look():
    report = json.load(open("/run/peerlb-pools/report.json"))
    pool = report["pools"]["webapp"]
    return report["overrides"], max(pool["taken"].values(), default=0) > pool["told"]
before, end = look()[0], time.time() + 60
print("ready", flush=True)
while time.time() < end:
    now, followed = look()
    if now != before and followed:
        print("followed", flush=True)
        break
    time.sleep(0.02)
"""


CUT = """table inet peerlb_cut {
  chain forward {
    type filter hook forward priority -10; policy accept;
    ip daddr 10.1.0.3 ip saddr 10.0.0.2 drop
    ip saddr 10.1.0.3 ip daddr 10.0.0.2 drop
  }
}
"""


def cut() -> None:
    """Drop all packets between the load balancer and web2, without an answer."""
    run_in_network("fabric", "nft", "-f", "-", text=CUT)


def uncut() -> None:
    """Forward packets between the load balancer and web2 again."""
    run_in_network("fabric", "nft", "delete", "table", "inet", "peerlb_cut")


def power(*words: str) -> None:
    """Run a command of the lab, such as "stop", "web2"."""
    subprocess.run([sys.executable, "-m", "lab", *words], cwd=ROOT, check=True, capture_output=True)


def wait_for_the_rest_of(playbook: str) -> None:
    """Wait until nothing runs of a playbook that was killed.

    What its workers have begun on hosts ends by itself, and may still change something. A worker
    itself may hang afterwards, as nobody reads its result. It has no child then, and is killed.
    """
    end = time.monotonic() + 120
    quiet = time.monotonic()
    while workers := run(["pgrep", "-f", f"playbooks/{playbook}[.]yml"]).stdout.split():
        assert time.monotonic() < end, f"a part of {playbook} still runs"
        if run(["pgrep", "--parent", ",".join(workers)]).stdout:
            quiet = time.monotonic()
        elif time.monotonic() > quiet + 3:
            run(["kill", "-KILL", *workers])
        time.sleep(0.1)


def executions(prefix: str) -> dict[str, int]:
    """Return how many rows each POST has written, by the request's id."""
    query = (
        "SELECT request_id, COUNT(*) FROM webapp.connection_checks"
        f" WHERE request_id LIKE '{prefix}%' GROUP BY request_id"
    )
    client = "IFS= read -r MYSQL_PWD && export MYSQL_PWD && exec mysql -uroot -N"
    # Not the container's file, which is as old as the container's last start.
    output = shell(
        "db1",
        "{ cat /opt/peerlb/mysql/root_password && echo && cat; }"
        f" | docker exec -i peerlb-mysql sh -c {shlex.quote(client)}",
        query,
    )
    rows = [line.split() for line in output.splitlines()]
    return {row[0]: int(row[1]) for row in rows}


class Lab:
    """The lab as its operator and its clients use it. Requests come from the client's namespace."""

    url = f"http://{ADDRESSES['lb1']}"
    touched = True

    def begin(self) -> None:
        """Return to the inventory's weights and to two healthy members."""
        if self.touched and self.overrides():
            self.play("set_weights", weights="inventory")
        self.touched = False
        self.wait_until_healthy()

    def play(
        self, name: str, *options: str, fails: bool = False, seconds: float = 180, **extra: t.Any
    ) -> str:
        """Run a playbook of at most these seconds, and return its output.

        It must fail if *fails*, else succeed.
        """
        self.touched |= not fails and "--check" not in options
        process = start_play(name, *options, **extra)
        text, _rest = process.communicate(timeout=seconds)
        assert bool(process.returncode) == fails, text
        return text

    def start_load(self, path: str, **options: t.Any) -> Load:
        """Start load.py in the client's namespace, with these options."""
        words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
        script = [sys.executable, str(LOAD), self.url + path, *words]
        return Load(start(in_network("client", *script), stdout=subprocess.PIPE))

    def effect(self, name: str, **extra: t.Any) -> tuple[float, str]:
        """Run a playbook. Return the seconds until nginx followed the change, and the output."""
        with start(
            ssh("lb1", f"python3 -c {shlex.quote(FOLLOWED)}"), stdout=subprocess.PIPE
        ) as watch:
            assert watch.stdout and watch.stdout.readline() == "ready\n"
            began = time.monotonic()
            play = start_play(name, **extra)
            assert watch.stdout.readline() == "followed\n"
            seconds = time.monotonic() - began
        self.touched = True
        text, _rest = play.communicate()
        assert play.returncode == 0, text
        return seconds, text

    def load(self, path: str = "/status/200", **options: t.Any) -> dict[str, t.Any]:
        """Run load.py to its end and return its figures."""
        return self.start_load(path, **options).result()

    def curl(self, *options: str, name: str = "client", url: str = "") -> str:
        """Return curl's output in a network namespace. By default it requests the page."""
        return run(
            in_network(name, "curl", "-s", "-m", "5", *options, url or f"{self.url}/")
        ).stdout

    def serving(self, host: str = "lb1") -> str:
        """Return the id of the release that answers at a load balancer's status listener."""
        return self.curl(name=host, url="http://127.0.0.1:8081/release").strip()

    def overrides(self, host: str = "lb1") -> dict[str, t.Any]:
        """Return what operators have set of the pool webapp, by member."""
        text = shell(host, "cat /opt/peerlb/nginx_lb/nginx/overrides.json 2> /dev/null || echo {}")
        return json.loads(text).get("overrides", {}).get("webapp", {})

    def status(self, tmp_path: Path, **extra: t.Any) -> dict[str, t.Any]:
        """Return the status of lb1 as the playbook lb_status writes it to a file."""
        file = tmp_path / "status.json"
        self.play("lb_status", status_file=str(file), **extra)
        return json.loads(file.read_text())["lb1"]

    def valid(self) -> bool:
        """Return whether nginx accepts the current release on the disk, so that a restart works."""
        check = "docker exec peerlb-nginx nginx -t -c /etc/nginx/peerlb/current/nginx.conf"
        return run(ssh("lb1", check)).returncode == 0

    def wait_until_healthy(self, seconds: float = 60) -> None:
        """Wait until both members answer, twenty times in a row."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            answers = self.load("/status/200", rate=200, connections=2, seconds=0.1, timeout=5)
            if not answers["failed"] and len(answers["served_by"]) == 2:
                return
            time.sleep(0.2)
        raise AssertionError("not all members answer again")


class Load:
    """A running load.py. *began* is the time of its first request."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.began = time.monotonic() + 0.25  # Python needs this long to start

    def wait(self, seconds: float) -> None:
        """Sleep until this many seconds after the first request."""
        time.sleep(max(0.0, self.began + seconds - time.monotonic()))

    def now(self) -> float:
        """Return how many seconds ago the first request was."""
        return time.monotonic() - self.began

    def stop(self) -> dict[str, t.Any]:
        """End the load once its open requests are answered, and return the figures."""
        self.process.terminate()
        return self.result()

    def result(self) -> dict[str, t.Any]:
        """Wait for the end and return the figures."""
        text, _rest = self.process.communicate(timeout=180)
        assert self.process.returncode == 0
        return json.loads(text)

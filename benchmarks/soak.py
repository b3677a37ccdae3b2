# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do at random what operators and fate do to the lab's service, and look for what must never be.

    benchmarks/soak.py [--steps 200] [--seed N] [--minutes 120]

Requests without retries run beside every step. After each step the invariants are: the service
answers with the shares that were set; no request was lost, unless a host or a process was killed
or the only member that serves was renewed; every acknowledged row is in MySQL once; nothing
undeclared is open; a repetition changes nothing.
The first violation ends the run with its step and the seed, which repeats the same steps.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from support.lab import ADDRESSES, in_network, run, shell, start_play
from support.operated import Lab, executions, power, wait_for_the_rest_of

ROTATE = (
    "logrotate --force --state /opt/peerlb/nginx_lb/logrotate.state"
    " /opt/peerlb/nginx_lb/nginx/current/logrotate.conf"
)
UNIT = "kill -{signal} $(systemctl show --property=MainPID --value peerlb-pools)"
KILL = "kill -9 $(docker inspect --format '{{{{.State.Pid}}}}' peerlb-{service})"
MEMBERS = ("web1", "web2")
# Who must not reach what, beside the flows that the lab declares.
CLOSED = [
    ("client", "lb1", 3306), ("client", "lb1", 22), ("client", "lb1", 8081),
    ("client", "web1", 3000), ("client", "web2", 3000), ("client", "db1", 3306),
    ("web1", "db1", 3306), ("web1", "db1", 22), ("web2", "db1", 3306), ("web1", "web2", 3000),
    ("web2", "web1", 3000), ("db1", "web1", 3000), ("db1", "lb1", 3306), ("lb1", "db1", 22),
]  # fmt: skip


class Violation(Exception):
    """An invariant does not hold. The text says which, and what was seen."""


def require(true: bool, text: str) -> None:
    """Raise a Violation unless something is true."""
    if not true:
        raise Violation(text)


class Soak:
    """The service, and what it should be: the weight of each member and the variables in force."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.lab = chance, Lab()
        self.weights = {name: 1 for name in MEMBERS}
        self.drained: str | None = None
        # The lab's inventory has 0, as there are no other clients. Here there are some.
        self.variables: dict[str, t.Any] = {"verify_tolerance": 10}
        self.releases: set[str] = set()
        self.operator = "soak"

    # What operators do. Each returns the playbook that it ran and its variables.

    def set_weights(self) -> tuple[str, dict[str, t.Any]]:
        self.weights = {name: self.chance.randint(1, 3) for name in MEMBERS}
        return self._play("set_weights", weights=dict(self.weights))

    def drain(self) -> tuple[str, dict[str, t.Any]]:
        self.drained = self.drained or self.chance.choice(MEMBERS)
        return self._play("drain", member=self.drained)

    def undrain(self) -> tuple[str, dict[str, t.Any]]:
        member, self.drained = self.drained or self.chance.choice(MEMBERS), None
        return self._play("undrain", member=member)

    def site(self) -> tuple[str, dict[str, t.Any]]:
        return self._play("site", **self.variables)

    def site_with_changes(self) -> tuple[str, dict[str, t.Any]]:
        self.variables["peerlb_zone"] = f"zone-{self.chance.randint(0, 999)}"
        return self.site()

    def change_password(self) -> tuple[str, dict[str, t.Any]]:
        self.variables["webapp_mysql_password"] = f"s'o\"a\\k%é{self.chance.randint(0, 999):03}"
        return self.site()

    def roll_back(self) -> tuple[str, dict[str, t.Any]]:
        """Go back, which leaves weights and drains, and forward again."""
        text = self._run("rollback")
        serving = self.lab.serving()
        require(serving in self.releases, f"{serving} was never live: {text[-2000:]}")
        self._shares()
        return self._play("nginx_lb")

    # What fate does.

    def rotate(self) -> None:
        shell("lb1", ROTATE)

    def kill_nginx(self) -> None:
        shell("lb1", KILL.format(service="nginx"))

    def kill_unit(self) -> None:
        shell("lb1", UNIT.format(signal=self.chance.choice(("KILL", "STOP", "TERM"))))

    def kill_member(self) -> None:
        shell(self.chance.choice(MEMBERS), KILL.format(service="webapp"))

    def kill_mysql(self) -> None:
        shell("db1", KILL.format(service="mysql"))

    def restart_engine(self) -> None:
        shell(self.chance.choice(list(ADDRESSES)), "systemctl restart docker")

    def reboot(self) -> None:
        self._power(self.chance.sample(list(ADDRESSES), self.chance.choice((1, 1, 4))))

    def cut_power(self) -> None:
        self._power(self.chance.sample(list(ADDRESSES), self.chance.choice((1, 1, 4))), "--kill")

    def kill_controller(self) -> tuple[str, dict[str, t.Any]]:
        self.variables["peerlb_zone"] = f"zone-{self.chance.randint(0, 999)}"
        play = start_play("site", **self.variables)
        time.sleep(self.chance.uniform(1, 30))
        play.kill()
        play.communicate()
        wait_for_the_rest_of("site")
        return self.site()

    # The invariants

    def begin(self) -> None:
        """Make two releases live, so that each way back leads to one that the soak knows."""
        for extra in ({"http": "# a former release"}, {}):
            self.lab.play("nginx_lb", nginx_lb_extra=extra)
            self.releases.add(self.lab.serving())
        self.lab.play("set_weights", weights=dict(self.weights))

    def step(self, name: str) -> str:
        """Do one thing under load and check the invariants. Return what to print."""
        began = time.monotonic()
        prefix = f"soak{began:.0f}-"
        load = self.lab.start_load(
            "/connection?id={id}", method="POST", rate=30, connections=6, seconds=300, ids=prefix,
            timeout=20,
        )  # fmt: skip
        load.wait(1)
        repeat = getattr(self, name)()
        self._answers()
        found = load.stop()
        # The only member that serves is renewed in its place: nothing else could answer meanwhile.
        harmless = name in HITLESS and not (self.drained and name in RENEWING)
        require(not (harmless and found["failed"]), f"lost {found['lost']} {found['statuses']}")
        self._ledger(found["ids"], prefix)
        self._shares()
        self._closed()
        if repeat:
            text = self._run(repeat[0], **repeat[1])
            require("changed=0" in text and not _changes(text), f"changed again: {text[-3000:]}")
        self.releases.add(self.lab.serving())
        return (
            f"{name}: {found['failed']} of {found['sent']} lost, {time.monotonic() - began:.0f} s,"
            f" weights {self.weights}, drained {self.drained}"
        )

    def expected(self) -> dict[str, int]:
        """Return how many of some requests each member should answer."""
        weights = {name: weight for name, weight in self.weights.items() if name != self.drained}
        return {name: 12 * weight for name, weight in weights.items()}

    def _answers(self) -> None:
        """Wait until the whole service answers; what takes a minute is a violation."""
        end = time.monotonic() + 60
        ask = ("-X", "POST", "-o", "/dev/null", "-w", "%{http_code}")
        while time.monotonic() < end:
            answers = {self.lab.curl(*ask, url=f"{self.lab.url}/connection") for _each in range(10)}
            if answers == {"201"}:
                return
            time.sleep(0.3)
        raise Violation(f"the service does not answer within 60 s: {answers}")

    def _shares(self) -> None:
        """Wait until the shares are those that were set. A member that failed is back in 10 s."""
        expected, end = self.expected(), time.monotonic() + 60
        rate = sum(expected.values()) / 0.4
        while time.monotonic() < end:
            served = self.lab.load(connections=1, rate=rate, seconds=0.4)["served_by"]
            if served == expected:
                return
            time.sleep(1)
        raise Violation(f"shares are {served}, and should be {expected}")

    def _ledger(self, ids: dict[str, str], prefix: str) -> None:
        rows = executions(prefix)
        missing = [each for each, status in ids.items() if status == "201" and each not in rows]
        require(not missing, f"{len(missing)} acknowledged rows are missing: {missing[:3]}")
        twice = [each for each, count in rows.items() if count > 1]
        require(not twice, f"{len(twice)} rows are there twice: {twice[:3]}")

    def _closed(self) -> None:
        def is_open(case: tuple[str, str, int]) -> bool:
            source, target, port = case
            probe = in_network(source, "nc", "-z", "-w", "1", ADDRESSES[target], str(port))
            return run(probe).returncode == 0

        with ThreadPoolExecutor(len(CLOSED)) as pool:
            found = [case for case, is_it in zip(CLOSED, pool.map(is_open, CLOSED)) if is_it]
        require(not found, f"open, and not declared: {found}")

    def _power(self, names: list[str], *how: str) -> None:
        for name in names:
            power("stop", name, *how)
        for name in self.chance.sample(names, len(names)):
            power("start", name)

    def _run(self, playbook: str, **variables: t.Any) -> str:
        play = start_play(playbook, operator=self.operator, **variables)
        text, _rest = play.communicate(timeout=400)
        require(play.returncode == 0, f"{playbook} failed:\n{text[-4000:]}")
        return text

    def _play(self, playbook: str, **variables: t.Any) -> tuple[str, dict[str, t.Any]]:
        self._run(playbook, **variables)
        return playbook, variables


HITLESS = (
    "set_weights", "drain", "undrain", "roll_back", "rotate", "site", "site_with_changes",
    "change_password", "kill_controller", "kill_unit",
)  # fmt: skip
RENEWING = ("site", "site_with_changes", "change_password", "kill_controller")
OTHERS = ("kill_nginx", "kill_member", "kill_mysql", "restart_engine", "reboot", "cut_power")


def _changes(text: str) -> bool:
    return any(f"changed={number}" in text for number in range(1, 10))


def main() -> int:
    """Run the steps of the command line, and return 1 at the first violation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--minutes", type=float, default=150)
    args = parser.parse_args()
    end = time.monotonic() + args.minutes * 60
    soak = Soak(random.Random(args.seed))
    print(f"seed {args.seed}, {args.steps} steps, at most {args.minutes:.0f} minutes", flush=True)
    soak.begin()
    for number in range(1, args.steps + 1):
        name = soak.chance.choice(HITLESS + OTHERS)
        try:
            print(f"{number}: {soak.step(name)}", flush=True)
        except Violation as violation:
            print(f"{number}: {name}: VIOLATION (seed {args.seed}): {violation}", flush=True)
            return 1
        if time.monotonic() > end:
            print(f"the time is over after {number} steps", flush=True)
            break
    print("no violation", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

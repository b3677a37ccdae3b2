# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._live import agent as program
from ansible_collections.peerlb.stack.plugins.module_utils._live import report as reports
from ansible_collections.peerlb.stack.plugins.module_utils._live.agent import Agent
from ansible_collections.peerlb.stack.plugins.module_utils._live.notify import Hook, Notifier
from ansible_collections.peerlb.stack.plugins.module_utils._live.shares import Share
from ansible_collections.peerlb.stack.plugins.module_utils._live.wanted import Wanted, stamp
from ansible_collections.peerlb.stack.plugins.module_utils._probe.mysql_role import Account

MEMBERS = [
    {"name": "web1", "address": "10.1.0.2", "port": 3000},
    {"name": "web2", "address": "10.1.0.3", "port": 3000},
]


class Recorder:
    """A teller that keeps what it is told."""

    def __init__(self, fails: bool = False) -> None:
        self.told: list[dict[str, list[str]]] = []
        self.fails = fails

    async def start(self) -> None:
        if self.fails:
            raise OSError("cannot listen at 127.0.0.1:8053 by UDP: Address already in use")

    def tell(
        self, serving: t.Mapping[str, t.Sequence[Share]], in_turn: t.Collection[str] = ()
    ) -> None:
        self.in_turn = list(in_turn)
        self.told.append({pool: [each.name for each in some] for pool, some in serving.items()})

    def taken(self) -> dict[tuple[str, str], float]:
        return {("http", "webapp"): time.monotonic()}

    async def stop(self) -> None:
        """Do nothing."""


def deploy(root: Path, release: str = "3f9a1c52be07", **settings: t.Any) -> None:
    """Make a release live below root."""
    directory = root / "releases" / release
    directory.mkdir(parents=True, exist_ok=True)
    pool = {"name": "webapp", "members": MEMBERS, **settings}
    state = {"pools": [pool], "listeners": [], "version": "1.30", "overrides": {}}
    (directory / "state.json").write_text(json.dumps(state))
    (root / "current").unlink(missing_ok=True)
    (root / "current").symlink_to(Path("releases") / release)


def override(root: Path, **entries: dict) -> None:
    """Set weights or states of members of the pool."""
    text = json.dumps({"overrides": {"webapp": entries}, "changes": []})
    (root / "overrides.json").write_text(text)


@pytest.fixture
def probed(monkeypatch) -> dict[str, str]:
    """Return what is wrong with each address; the probes read it."""
    wrong: dict[str, str] = {}

    async def probe(_health, address: str, _port: int, _account) -> str:
        return wrong.get(address, "")

    monkeypatch.setattr(program, "probe", probe)
    monkeypatch.setattr(program, "GRID_SECONDS", 0.01)
    return wrong


QUICK = {"health": {"type": "tcp", "interval": "100ms", "fall": 2, "rise": 1}}


def run(root: Path, steps: t.Callable[[Agent, Recorder], t.Awaitable[None]], **options) -> Agent:
    """Run a unit while the steps are taken, and return it."""

    async def both() -> Agent:
        recorder = Recorder(**options)
        unit = Agent(root, recorder, Notifier(Hook()), root / "report.json")
        task = asyncio.create_task(unit.run())
        await asyncio.sleep(0.05)
        await steps(unit, recorder)
        task.cancel()
        return unit

    return asyncio.run(both())


async def until(condition: t.Callable[[], bool], seconds: float = 5.0) -> None:
    for _each in range(int(seconds / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it does not come to that")


def test_members_serve_until_a_probe_speaks_against_them(tmp_path, probed) -> None:
    deploy(tmp_path, **QUICK)

    async def steps(_unit: Agent, recorder: Recorder) -> None:
        assert recorder.told[0] == {"webapp": ["web1", "web2"]}
        assert recorder.in_turn == ["webapp"]
        probed["10.1.0.3"] = "answers 503"
        await until(lambda: recorder.told[-1] == {"webapp": ["web1"]})
        report = reports.read(tmp_path / "report.json")
        del probed["10.1.0.3"]
        await until(lambda: recorder.told[-1] == {"webapp": ["web1", "web2"]})
        assert report["release"] == "3f9a1c52be07"

    unit = run(tmp_path, steps)
    assert unit.report()["pools"]["webapp"]["taken"] == {"http": pytest.approx(time.time(), abs=1)}


def test_restart_of_a_drained_member_is_no_flapping(tmp_path, probed) -> None:
    deploy(tmp_path, **QUICK)

    async def steps(unit: Agent, _recorder: Recorder) -> None:
        unit._watch_members = lambda: None  # nobody else probes
        for task in unit.probers.values():
            task.cancel()
        for probe in ("", "x", "x", "", "x", "x", ""):
            unit.hear(("webapp", "web1"), probe)
        assert len(unit.verdicts["webapp", "web1"].changes) >= 4
        override(tmp_path, web1={"state": "drain"})
        unit.look()
        for probe in ("x", "x", ""):
            assert unit.verdicts["webapp", "web1"].changes == ()
            unit.hear(("webapp", "web1"), probe)
        assert unit.verdicts["webapp", "web1"].changes == ()

    run(tmp_path, steps)


def test_operators_are_followed_at_once(tmp_path, probed) -> None:
    deploy(tmp_path)

    async def steps(unit: Agent, recorder: Recorder) -> None:
        override(tmp_path, web2={"state": "drain"})
        await until(lambda: recorder.told[-1] == {"webapp": ["web1"]})
        text = (tmp_path / "overrides.json").read_text()
        assert unit.report()["overrides"] == reports.digest(text)
        (tmp_path / "overrides.json").unlink()
        await until(lambda: recorder.told[-1] == {"webapp": ["web1", "web2"]})
        deploy(tmp_path, "0d44e1a97c31", members=MEMBERS[:1])
        await until(lambda: recorder.told[-1] == {"webapp": ["web1"]})
        assert unit.places() == ["10.1.0.2:3000"]

    run(tmp_path, steps)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"overrides": 1}', '{"overrides": {"webapp": {"web1": 3}}}']
    + [
        f'{{"overrides": {{"webapp": {{"web1": {entry}}}}}}}'
        for entry in ('{"weight": 1.5}', '{"weight": 70000}', '{"weight": "x"}', '{"state": "no"}')
    ],
)
def test_damaged_words_of_operators_leave_all_as_it_is(tmp_path, probed, text) -> None:
    deploy(tmp_path)
    override(tmp_path, web2={"state": "drain"})

    async def steps(unit: Agent, recorder: Recorder) -> None:
        (tmp_path / "overrides.json").write_text(text)
        await asyncio.sleep(0.3)
        assert recorder.told[-1] == {"webapp": ["web1"]}
        if text:
            assert "cannot read what is wanted" in unit.report()["errors"][0]
        override(tmp_path)
        await until(lambda: recorder.told[-1] == {"webapp": ["web1", "web2"]})
        assert unit.report()["errors"] == []

    run(tmp_path, steps)


def test_unit_remembers_what_the_probes_told_before_it_was_started_anew(tmp_path, probed) -> None:
    deploy(tmp_path, **QUICK)
    probed["10.1.0.3"] = "answers 503"

    async def steps(_unit: Agent, recorder: Recorder) -> None:
        await until(lambda: recorder.told[-1] == {"webapp": ["web1"]})
        await until(lambda: '"bad"' in (tmp_path / "report.json").read_text())

    run(tmp_path, steps)

    async def again(_unit: Agent, recorder: Recorder) -> None:
        assert recorder.told[0] == {"webapp": ["web1"]}

    run(tmp_path, again)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pools": 1}', '{"pools": {"webapp": 1}}'])
def test_damaged_memory_is_no_obstacle(tmp_path, probed, text) -> None:
    deploy(tmp_path)
    (tmp_path / "report.json").write_text(text)

    async def steps(_unit: Agent, recorder: Recorder) -> None:
        assert recorder.told[0] == {"webapp": ["web1", "web2"]}

    run(tmp_path, steps)


def test_port_that_is_taken_is_said_and_tried_again(tmp_path, probed, monkeypatch) -> None:
    deploy(tmp_path)
    monkeypatch.setattr(program, "REPORT_SECONDS", 0.1)

    async def steps(unit: Agent, recorder: Recorder) -> None:
        assert "Address already in use" in unit.report()["errors"][0]
        recorder.fails = False
        await until(lambda: unit.report()["errors"] == [])

    run(tmp_path, steps, fails=True)


def test_hook_and_account_are_read_with_each_release(tmp_path, probed) -> None:
    deploy(tmp_path)
    secrets = tmp_path / "current/secrets"

    async def steps(unit: Agent, _recorder: Recorder) -> None:
        assert (unit.notifier.hook, unit.account) == (Hook(), None)
        secrets.mkdir()
        (secrets / "notify.json").write_text('{"command": ["/bin/true"]}')
        (secrets / "health.json").write_text('{"user": "health", "password": "x"}')
        override(tmp_path)
        await until(lambda: unit.notifier.hook == Hook(("/bin/true",)))
        assert unit.account == Account("health", "x")
        (secrets / "health.json").write_text("{}")
        override(tmp_path, web1={"weight": 2})
        await until(lambda: "no account" in "".join(unit.report()["errors"]))

    run(tmp_path, steps)


def test_release_without_its_state_is_said(tmp_path, probed) -> None:
    deploy(tmp_path)
    (tmp_path / "current/state.json").unlink()

    async def steps(unit: Agent, _recorder: Recorder) -> None:
        assert "state.json" in unit.report()["errors"][0]

    run(tmp_path, steps)


def test_probes_begin_anew_after_an_error_of_their_own(tmp_path, monkeypatch) -> None:
    deploy(tmp_path, **QUICK)
    monkeypatch.setattr(program, "REPORT_SECONDS", 0.1)
    asked: list[str] = []

    async def probe(_health, address: str, _port: int, _account) -> str:
        asked.append(address)
        if asked.count(address) == 2:
            raise RuntimeError("odd")
        return ""

    monkeypatch.setattr(program, "probe", probe)

    async def steps(_unit: Agent, _recorder: Recorder) -> None:
        await until(lambda: min(asked.count("10.1.0.2"), asked.count("10.1.0.3")) > 4)

    run(tmp_path, steps)


def test_members_that_change_together_are_decided_on_once(tmp_path, probed) -> None:
    members = [{**MEMBERS[0], "name": f"web{n}", "address": f"10.1.1.{n}"} for n in range(1, 101)]
    deploy(tmp_path, members=members, **QUICK)

    async def steps(unit: Agent, recorder: Recorder) -> None:
        await until(lambda: all(v.state == "good" for v in unit.verdicts.values()))
        before = len(recorder.told)
        probed.update({f"10.1.1.{n}": "answers 503" for n in range(1, 41)})
        await until(lambda: len(recorder.told[-1]["webapp"]) == 60)
        assert len(recorder.told) - before < 15

    run(tmp_path, steps)


def test_pool_is_told_anew_only_if_others_serve(tmp_path, probed) -> None:
    deploy(tmp_path)

    async def steps(unit: Agent, _recorder: Recorder) -> None:
        told = unit.told["webapp"]
        unit.decide()
        assert unit.told["webapp"] == told
        override(tmp_path, web2={"state": "drain"})
        await until(lambda: unit.told["webapp"] > told)

    run(tmp_path, steps)


def test_nothing_is_deployed_yet(tmp_path, probed) -> None:
    async def steps(unit: Agent, recorder: Recorder) -> None:
        assert (unit.report()["pools"], unit.report()["errors"]) == ({}, [])
        deploy(tmp_path)
        await until(lambda: recorder.told[-1:] == [{"webapp": ["web1", "web2"]}])

    run(tmp_path, steps)


def test_probes_grow_rarer_with_the_members(tmp_path) -> None:
    for count, seconds in ((2, 1.0), (250, 1.0), (1000, 4.0)):
        members = [{**MEMBERS[0], "name": f"web{each}"} for each in range(count)]
        deploy(tmp_path, members=members)
        unit = Agent(tmp_path, None, notifier(), wanted=Wanted.read(tmp_path))
        assert unit.interval(unit.wanted.pools[0]) == seconds


def test_change_is_followed_also_after_the_clock_was_set_back(
    tmp_path, probed, monkeypatch
) -> None:
    deploy(tmp_path)
    real = time.time

    async def steps(unit: Agent, _recorder: Recorder) -> None:
        monkeypatch.setattr(time, "time", lambda: real() - 3600)
        report = unit.report()["pools"]["webapp"]
        assert report["taken"]["http"] > report["told"]
        assert report["told"] == pytest.approx(time.time(), abs=2)

    run(tmp_path, steps)


def test_member_that_is_probed_no_more_serves(tmp_path, probed) -> None:
    deploy(tmp_path, **QUICK)
    probed["10.1.0.3"] = "answers 503"

    async def steps(_unit: Agent, recorder: Recorder) -> None:
        await until(lambda: recorder.told[-1] == {"webapp": ["web1"]})
        deploy(tmp_path, "0d44e1a97c31", health={"type": "none"})
        await until(lambda: recorder.told[-1] == {"webapp": ["web1", "web2"]})

    run(tmp_path, steps)


def test_probe_that_outlives_its_member_says_nothing_more(tmp_path, monkeypatch) -> None:
    deploy(tmp_path, **QUICK)
    asked: list[int] = []

    async def probe(_health, _address: str, port: int, _account) -> str:
        asked.append(port)
        with contextlib.suppress(asyncio.CancelledError):  # as wait_for may, before Python 3.12
            await asyncio.sleep(60 if port == 3000 else 0)
        return "refuses connections" if port == 3000 else ""

    monkeypatch.setattr(program, "probe", probe)

    async def steps(unit: Agent, _recorder: Recorder) -> None:
        await until(lambda: asked.count(3000) == 2)
        deploy(tmp_path, "0d44e1a97c31", members=[{**each, "port": 3001} for each in MEMBERS])
        await until(lambda: asked.count(3001) > 6)
        assert asked.count(3000) == 2
        assert {each.why for each in unit.verdicts.values()} == {""}

    run(tmp_path, steps)


def test_interval_follows_the_number_of_members(tmp_path, probed, monkeypatch) -> None:
    deploy(tmp_path)
    monkeypatch.setattr(program, "MOST_PROBES", 1.0)  # two members: every two seconds

    async def steps(unit: Agent, _recorder: Recorder) -> None:
        heard: list[str] = []
        monkeypatch.setattr(unit, "hear", lambda key, _problem: heard.append(key[1]))
        monkeypatch.setattr(Agent, "interval", lambda _self, _pool: 0.05)
        await until(lambda: heard.count("web1") > 3)

    run(tmp_path, steps)


def notifier() -> Notifier:
    """Return a hook that tells nobody; it has to be made while a loop runs."""

    async def make() -> Notifier:
        return Notifier(Hook())

    return asyncio.run(make())


def test_stamp_changes_with_what_is_wanted(tmp_path) -> None:
    stamps = [stamp(tmp_path)]
    deploy(tmp_path)
    stamps.append(stamp(tmp_path))
    override(tmp_path)
    stamps.append(stamp(tmp_path))
    deploy(tmp_path, "0d44e1a97c31")
    stamps.append(stamp(tmp_path))
    assert len(set(stamps)) == len(stamps)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A load balancer of live pools on loopback: a real nginx with the files of the role's release."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import signal
import time
import typing as t
from dataclasses import replace
from pathlib import Path

from ansible_collections.peerlb.stack.plugins.module_utils._balancer.inputs import Inputs
from ansible_collections.peerlb.stack.plugins.module_utils._live.agent import TELLERS, Agent
from ansible_collections.peerlb.stack.plugins.module_utils._live.dns.codec import SRV, label_of
from ansible_collections.peerlb.stack.plugins.module_utils._live.dns.teller import Turns
from ansible_collections.peerlb.stack.plugins.module_utils._live.engine import RELOAD, Engine
from ansible_collections.peerlb.stack.plugins.module_utils._live.notify import Hook, Notifier
from ansible_collections.peerlb.stack.plugins.module_utils._live.shares import shares
from ansible_collections.peerlb.stack.plugins.module_utils._live.verdicts import Verdict
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.overrides import Overrides
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Listener, Pool
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.upstreams import CONTEXTS

from .loops import LoopThread
from .name_server import NameServer
from .nginx import CONF, Program, free_port, programs, serving

RELEASE = "3f9a1c52be07"
# Laws have to hold for all workers together, and a reload needs a master.
WORKERS = f"worker_processes 2;\nuser {getpass.getuser()};"


def until(condition: t.Callable[[], t.Any], seconds: float = 5) -> float:
    """Wait until a condition holds; return how many seconds it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it does not come to that"
        time.sleep(0.02)
    return time.monotonic() - began


def write_release(
    role: t.Any,
    place: Path,
    pool: Pool,
    listeners: t.Sequence[Listener],
    program: Program,
    *,
    engine: Engine = RELOAD,
    overrides: Overrides | None = None,
    conf: str = CONF,
    **variables: t.Any,
) -> None:
    """Write the files of a release, as they are deployed, and nginx.conf, into a directory."""
    pools = [pool.params()]
    ports = [{**vars(each), "allow": list(each.allow), "routes": []} for each in listeners]
    files = role.get(
        "__nginx_lb_templates | combine(__nginx_lb_parts)",
        nginx_lb_pools=pools,
        nginx_lb_listeners=ports,
        nginx_lb_image=f"nginx:{program.version}",
        nginx_lb_status_port=free_port(),
        __nginx_lb_logs="/LOGS",
        **variables,
    )
    inputs = Inputs.parse(files, pools, ports, program.version, engine)
    release = replace(inputs, overrides=overrides or {}).release()
    for name, text in {**release.files, **release.generated()}.items():
        # What the container has and this machine has not.
        own = text.replace("/etc/nginx/mime.types", "types.conf")
        own = own.replace("_temp_path /tmp/", f"_temp_path {place}/")
        own = own.replace("/LOGS", str(place))
        own = own.replace("/etc/nginx/peerlb/current", str(place))
        own = own.replace("/etc/nginx/peerlb", f"{place}/store")
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(own)
    (place / "types.conf").write_text(
        "types { text/plain txt; text/html html; application/json json; }"
    )
    main = conf.format(place=place, stream_module=program.stream_module)
    (place / "nginx.conf").write_text(main)


class Balancer:
    """A nginx that follows the members of one live pool.

    root has the releases, as on a host. ports are those of its listeners. variables are the role's.
    """

    def __init__(
        self,
        role: t.Any,
        root: Path,
        pool: Pool,
        protocol: str = "http",
        listeners: int = 1,
        **variables: t.Any,
    ) -> None:
        self._variables = variables
        self.root, self.pool, self._role, self._protocol = root, pool, role, protocol
        self.engine = Engine("dns", free_port())
        self.place = root / "releases" / RELEASE
        self.ports = [free_port() for _each in range(listeners)]
        self.program = programs()[-1]
        self.deploy()
        (root / "current").symlink_to(self.place)

    def deploy(self, **states: str) -> None:
        """Write the files of the release, with the states of members that operators set."""
        listeners = [
            Listener(port, self.pool.name, self._protocol, "127.0.0.1") for port in self.ports
        ]
        overrides = {self.pool.name: {name: {"state": state} for name, state in states.items()}}
        write_release(
            self._role,
            self.place,
            self.pool,
            listeners,
            self.program,
            engine=self.engine,
            overrides=overrides,
            conf=CONF.replace("master_process off;", WORKERS),
            **self._variables,
        )

    def running(self) -> contextlib.AbstractContextManager[None]:
        """Run nginx until the end of the block."""
        return serving(self.program, self.place / "nginx.conf", self.ports[0])

    def reload(self) -> None:
        """Load the files again, and wait until the workers of before are gone."""
        master = int((self.place / "pid").read_text())
        children = Path(f"/proc/{master}/task/{master}/children")
        before = set(children.read_text().split())
        os.kill(master, signal.SIGHUP)
        until(lambda: not before & set(children.read_text().split()))


class Told(Balancer):
    """A balancer whose name server tells what a test says."""

    def __init__(self, *words: t.Any, **options: t.Any) -> None:
        super().__init__(*words, **options)
        self.names = NameServer(self.engine.port)
        self.turns = Turns()
        self.tell()

    @contextlib.contextmanager
    def running(self) -> t.Iterator[None]:
        """Run the name server and nginx until the end of the block."""
        self.names.run()
        try:
            with super().running():
                self.asked()
                yield
        finally:
            self.names.stop()

    def tell(self, backwards: bool = False, **settings: dict[str, t.Any]) -> None:
        """Say who serves by the settings of members, such as web1={"weight": 3}."""
        serving = shares(self.pool.with_members(settings), {}, 0.0).serving
        told = [*reversed(serving)] if backwards else [*serving]
        in_turn = [self.pool.name] if self.pool.in_turn else []
        told = self.turns.anew({self.pool.name: told}, in_turn)[self.pool.name]
        label = label_of(self.pool.name)
        self.names.tell({(protocol, label): told for protocol in CONTEXTS})

    def follow(self, **settings: t.Any) -> None:
        """Say who serves, and wait until nginx follows."""
        self.tell(**settings)
        self.asked()

    def asked(self, times: int = 1) -> None:
        """Wait until nginx has asked so many times who serves, and has taken the answer."""
        before = self._questions()
        until(lambda: self._questions() >= before + times, 5 + times)
        time.sleep(0.1)  # until the addresses are asked and all workers have the members

    def _questions(self) -> int:
        return sum(each.kind == SRV for each in self.names.questions)


class Watched(Balancer):
    """A balancer with the unit that probes the members and tells nginx who serves."""

    @contextlib.contextmanager
    def unit(self) -> t.Iterator[None]:
        """Run the unit until the end of the block."""
        thread = LoopThread()
        try:
            self._agent = thread.do(self._make())
            thread.loop.call_soon_threadsafe(self._begin)
            until(lambda: self._agent.now)
            yield
            assert not self._run.done()
        finally:
            thread.do(self._agent.teller.stop())
            thread.end()

    async def _make(self) -> Agent:
        teller = TELLERS[self.engine.name](self.engine.port)
        return Agent(self.root, teller, Notifier(Hook()), self.root / "report.json")

    def _begin(self) -> None:
        self._run = asyncio.get_running_loop().create_task(self._agent.run())

    def state(self, member: str) -> str:
        """Return what the unit says of a member: good, bad or unknown."""
        return self._agent.verdicts.get((self.pool.name, member), Verdict()).state

    def serving(self) -> list[str]:
        """Return who serves as the unit says."""
        return [each.name for each in self._agent.now[self.pool.name].serving]

    def asked(self) -> None:
        """Wait until nginx has asked who serves, and has taken the answer."""
        began = time.monotonic()
        until(lambda: max(self._agent.teller.taken().values(), default=0) > began)
        time.sleep(0.1)  # until the addresses are asked and all workers have the members

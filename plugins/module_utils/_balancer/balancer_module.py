# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules nginx_release, nginx_override and nginx_rollback have in common.

Each of them makes the inputs that it wants, and leaves the rest to `BalancerModule.make_live`; a
rollback has a release instead, and `BalancerModule.carry_out`.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

from .._nginx.checks import PoolError
from .._nginx.pool import Pool
from .._release.engine import Engine, ServiceError, runner
from .._release.image import Images
from .._release.limits import refuse_limits
from .._release.release import Release, is_secret
from .._release.rollout import Rollout
from .._release.store import Store, StoreError
from .._release.who import signature
from .inputs import Inputs
from .live import LiveSettings
from .nginx import Nginx, release_at, serving_release
from .nginx_release import NginxRelease

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

# What a module shows to its user instead of a traceback.
ERRORS = (PoolError, StoreError, ServiceError)

# The options that the three modules share; the doc fragment `balancer` documents them.
COMMON_SPEC: dict[str, dict[str, t.Any]] = {
    "path": {"type": "path", "default": "/opt/peerlb/nginx_lb"},
    "test_only": {"type": "bool", "default": False},
    "container": {"type": "str", "default": "peerlb-nginx"},
    "status_port": {"type": "int", "default": 8081},
    "timeout": {"type": "float", "default": 15},
    "lock_timeout": {"type": "float", "default": 30},
    "keep": {"type": "int", "default": 10},
    "operator": {"type": "str", "default": "ansible"},
    "reason": {"type": "str", "default": ""},
}


@dataclass(frozen=True)
class BalancerModule:
    """The load balancer of this host, and how far the module may change it."""

    store: Store
    nginx: Nginx
    params: dict[str, t.Any]
    check_mode: bool

    @classmethod
    def of(cls, module: AnsibleModule) -> BalancerModule:
        """Return the load balancer that the parameters of a module (COMMON_SPEC) name."""
        params = module.params
        project = Path(params["path"])
        nginx = Nginx(
            Engine(runner(module.run_command)),
            project,
            params["container"],
            params["status_port"],
            params["timeout"],
            Path(params["logs"]) if params.get("logs") else None,
        )
        return cls(Store(str(project / "nginx"), NginxRelease), nginx, params, module.check_mode)

    def locked(self) -> t.ContextManager[None]:
        """Return a context in which no other module changes this load balancer.

        A StoreError names who is still changing it after lock_timeout. Check mode writes nothing
        and takes no lock. A PoolError names a number that makes no sense.
        """
        refuse_limits(self.params, PoolError)
        wait = self.params["lock_timeout"]
        return self.store.lock(self.params["operator"], needed=not self.check_mode, wait=wait)

    def note(self, passing: bool = False) -> dict[str, t.Any]:
        """Return who changes it, when and why, as `signature` does; passing is as in make_live."""
        return {**signature(self.params), **({"passing": True} if passing else {})}

    def serves(self) -> bool:
        """Tell whether nginx serves a release."""
        return serving_release(self.store, self.params["status_port"]) is not None

    def has_image(self, name: str) -> bool:
        """Tell whether the host has an image."""
        return bool(Images(self.nginx.engine, self.store.root).id_of(name))

    def present(self) -> NginxRelease | None:
        """Return the release that is live on the disk, or None."""
        present = self.store.present()
        return present if isinstance(present, NginxRelease) else None

    def present_pools(self) -> tuple[Pool, ...]:
        """Return the pools of the live release; none if there is no such release."""
        inputs = self.inputs_if_any()
        return inputs.pools if inputs else ()

    def present_inputs(self) -> Inputs:
        """Return the inputs of the live release; a PoolError says that there is none."""
        present = self.present()
        if present is None:
            raise PoolError(
                f"no release is live below {self.store.root}: deploy the load balancer first"
            )
        return Inputs.of(present, self.live.overrides())

    @property
    def live(self) -> LiveSettings:
        """Return what operators have set in pools that nginx follows without a reload."""
        return LiveSettings(self.store, self.params["timeout"])

    def make_live(
        self, inputs: Inputs, *, passing: bool = False, quick: bool = False
    ) -> dict[str, t.Any]:
        """Make the release of the inputs live, and let nginx follow what operators set.

        Returns what `carry_out` does. passing is as there. quick looks at nothing but nginx's own
        answer if the release is the one on the disk. After one of ERRORS all is as it was before.
        """
        live, wanted = self.live, self._named(inputs.release())
        before, diff = live.overrides(), live.diff(inputs)
        acts = not self.check_mode and not self.params["test_only"]
        try:
            if acts:
                live.mend()
                live.begin(inputs, self.inputs_if_any())
            elif diff and not self.check_mode:
                live.refuse_dead_unit()
            if quick and self._is_served(wanted):
                result = self._result(wanted)
            else:
                result = self.carry_out(wanted, passing=passing)
            if acts:
                live.apply(inputs, self.note(passing))
        except ERRORS:
            if acts:
                live.set(before)
            raise
        changed = result["changed"] or bool(diff) and not self.params["test_only"]
        return {**result, "changed": changed, "diff": [*result["diff"], *diff]}

    def inputs_if_any(self) -> Inputs | None:
        """Return the inputs of the live release, or None."""
        try:
            return self.present_inputs()
        except PoolError:
            return None

    def _is_served(self, release: NginxRelease) -> bool:
        """Tell whether a release is whole on the disk, live there, and what nginx serves."""
        port = release.status_port(self.params["status_port"])
        on_disk = self.store.current_id() == release.id and self.store.intact(release)
        return on_disk and release_at(port) == release.id

    @staticmethod
    def _result(release: Release) -> dict[str, t.Any]:
        """Return the result of a change that leaves the release as it is."""
        as_it_was = {"changed": False, "diff": [], "differs": [], "effect": "keep"}
        return {**as_it_was, "release": release.id, "previous": release.id}

    def _named(self, release: NginxRelease) -> NginxRelease:
        """Return a release with the host's key, if its secrets enter its id."""
        if not any(map(is_secret, release.files)):
            return release
        return replace(release, key=self.store.key(make=not self.check_mode))

    def carry_out(self, wanted: Release, *, passing: bool = False) -> dict[str, t.Any]:
        """Make a release live, as far as test_only and check mode allow; return the result.

        passing tells that another one follows soon: nobody wants to go back to this one.

        {"changed": True, "diff": […], "differs": ["nginx.conf differs"], "effect": "reload",
        "release": "3f9a1c52be07", "previous": "0d44e1a97c31"}. One of ERRORS says why the last good
        release is still, or again, live.
        """
        rollout = Rollout.plan(self.store, self.nginx, wanted)
        if rollout.changed and not self.check_mode:
            if self.params["test_only"]:
                rollout.test()
            else:
                rollout.apply(self.note(passing), self.params["keep"])
        return {
            "changed": rollout.changed and not self.params["test_only"],
            "diff": rollout.diff(),
            "differs": rollout.differs(),
            "effect": rollout.effect,
            "release": wanted.id,
            "previous": rollout.previous or "",
        }

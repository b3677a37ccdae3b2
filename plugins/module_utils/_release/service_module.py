# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules service_release, service_release_info and service_rollback have in common."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

from .engine import Engine, ServiceError, runner
from .image import Images
from .limits import refuse_limits
from .place import place_of
from .release import Release
from .rollout import Rollout
from .service import RENEWING, DockerService
from .specification import Specification, SpecificationError
from .store import Store, StoreError
from .who import signature

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

# What a module shows to its user instead of a traceback.
ERRORS = (SpecificationError, StoreError, ServiceError)

# The options that name a service.
PLACE_SPEC: dict[str, dict[str, t.Any]] = {
    "service": {"type": "str", "required": True},
    "path": {"type": "path"},
}
# The options of the modules that change a service; the fragment `service_change` documents them.
COMMON_SPEC: dict[str, dict[str, t.Any]] = {
    **PLACE_SPEC,
    "registry": {
        "type": "dict",
        "default": {},
        "options": {
            "server": {"type": "str", "default": ""},
            "username": {"type": "str", "default": ""},
            "password": {"type": "str", "default": "", "no_log": True},
        },
    },
    "test_only": {"type": "bool", "default": False},
    "renewing": {"type": "bool", "default": False},
    "timeout": {"type": "float", "default": 120},
    "lock_timeout": {"type": "float", "default": 30},
    "keep": {"type": "int", "default": 10},
    "operator": {"type": "str", "default": "ansible"},
    "reason": {"type": "str", "default": ""},
}


@dataclass(frozen=True)
class ServiceModule:
    """A service of this host, and how far the module may change it."""

    store: Store
    service: DockerService
    params: dict[str, t.Any]
    check_mode: bool

    @classmethod
    def of(cls, module: AnsibleModule) -> ServiceModule:
        """Return the service that the parameters of a module name."""
        params = module.params
        store = store_of(params)
        engine = Engine(runner(module.run_command))
        images = Images(engine, store.root, params.get("registry") or {})
        place = place_of(store.root, store.owner, params)
        service = DockerService(engine, images, place, params.get("timeout", 120.0))
        return cls(store, service, params, module.check_mode)

    def locked(self) -> t.ContextManager[None]:
        """Return a context in which no other module changes this service.

        A StoreError names who is still changing it after lock_timeout. Check mode writes nothing
        and takes no lock. A SpecificationError names a number that makes no sense.
        """
        refuse_limits(self.params, SpecificationError)
        wait = self.params["lock_timeout"]
        return self.store.lock(self.params["operator"], needed=not self.check_mode, wait=wait)

    def note(self) -> dict[str, str]:
        """Return who changes it, when and why, as `signature` does."""
        return signature(self.params)

    def carry_out(self, wanted: Release) -> dict[str, t.Any]:
        """Make a release live, as far as test_only and check mode allow; return the result.

        One of ERRORS says why the last good release still, or again, runs.
        """
        rollout = Rollout.plan(self.store, self.service, wanted)
        if rollout.changed and not self.check_mode:
            if self.params["test_only"]:
                rollout.test()
            else:
                if self.params["renewing"]:
                    self.store.note(RENEWING, self.note())
                rollout.apply(self.note(), self.params["keep"])
        spec = Specification.of(wanted)
        return {
            "changed": rollout.changed and not self.params["test_only"],
            "diff": rollout.diff(),
            "differs": rollout.differs(),
            "effect": rollout.effect,
            "release": wanted.id,
            "previous": rollout.previous or "",
            "image": spec.image if spec else "",
            "health": spec.question() if spec else {},
        }


def store_of(params: t.Mapping[str, t.Any]) -> Store:
    """Return the store of the service that a module's parameters name.

    The live release tells the owner of the secrets where no parameter does.
    """
    root = params["path"] or str(Path("/opt/peerlb") / params["service"])
    store = Store(root, mode=0o700)
    if "owner" in params:
        store.owner = params["owner"]
    elif present := store.present():
        spec = Specification.of(present)
        store.owner = spec.owner if spec else 0
    return store

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules nginx_ban and nginx_maintenance have in common.

Each of them says how what is wanted changes, and leaves the rest to `GuardModule.carry_out`: the
lock, the files, the flags, and the wait until nginx looks at them.
"""

from __future__ import annotations

import ipaddress
import os
import time
import typing as t
from dataclasses import dataclass, field, replace
from pathlib import Path

from .._bans import flags, report
from .._bans.entries import BanError
from .._bans.protected import LOOPBACK, Protected, Settings, own_addresses
from .._bans.truth import Busy, Truth, locked
from .._release.store import Store, StoreError
from .._release.who import signature
from .._values.entries import duration
from .inputs import Inputs
from .login import login_address
from .nginx_release import NginxRelease

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

# What a module shows to its user instead of a traceback.
ERRORS = (ValueError, OSError, Busy, StoreError)
READS_FLAGS = "live.conf"  # the file of a release by which nginx looks for flags
# nginx keeps it in mind for a second that a flag is missing.
SEEN_WITHIN = 1.1

COMMON_SPEC: dict[str, dict[str, t.Any]] = {
    "path": {"type": "path", "default": "/opt/peerlb/nginx_lb"},
    "lock_timeout": {"type": "float", "default": 30},
    "operator": {"type": "str", "default": "ansible"},
    "reason": {"type": "str", "default": ""},
}

Change = t.Callable[[Truth], Truth]
Lines = t.Callable[[Truth], list[str]]


@dataclass(frozen=True)
class GuardModule:
    """The bans and the maintenance of this host, and how far the module may change them."""

    root: Path
    params: dict[str, t.Any]
    check_mode: bool
    diff_header: str
    started: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, module: AnsibleModule, diff_header: str) -> GuardModule:
        """Return what the parameters of a module (COMMON_SPEC) name; a ValueError refuses them."""
        duration("lock_timeout", module.params["lock_timeout"])
        root = Path(module.params["path"]) / "nginx"
        return cls(root, module.params, module.check_mode, diff_header)

    def note(self) -> dict[str, str]:
        """Return who changes it, when and why, as `signature` does."""
        return signature(self.params)

    def inputs(self) -> Inputs:
        """Return the inputs of the live release; a BanError says that it looks for no flags."""
        present = Store(str(self.root), NginxRelease).present()
        if not isinstance(present, NginxRelease):
            raise BanError(f"no release is live below {self.root}: deploy the load balancer first")
        if READS_FLAGS not in present.files:
            raise BanError("the live release knows no bans and no maintenance: deploy this version")
        return Inputs.of(present)

    def protected(self) -> Protected:
        """Return who must not be banned, with whoever has logged in to make the change."""
        settings = Settings.read(self.root)
        found = Protected.read(self.root, settings, own_addresses())
        try:
            login = ipaddress.IPv4Network(login_address(os.getpid()))
        except ValueError:  # nobody has, or by IPv6
            return found
        if login.subnet_of(LOOPBACK):
            return found
        return replace(found, ranges=((login, "from which you have logged in"), *found.ranges))

    def carry_out(self, change: Change, write: str, lines: Lines) -> dict[str, t.Any]:
        """Make a change, and wait until nginx has to see it; return the result.

        write is the name of the method of Truth that writes what changed, and lines tell of it for
        the diff. One of ERRORS says why nothing was changed.
        """
        if self.check_mode:
            before = Truth.read(self.root).at(time.time())
            return self._result(before, change(before), lines)
        with locked(self.root, self.params["lock_timeout"]):
            before = Truth.read(self.root).at(time.time())
            after = change(before)
            if after != before:
                getattr(after, write)(self.root)
            wanted = after.flags(time.time())
            made = flags.apply(self.root, wanted)
        if absent := flags.missing(self.root, wanted):
            raise BanError(f"nginx would not see it: {absent[0]} is missing below {self.root}/live")
        if made:
            time.sleep(SEEN_WITHIN)
        return self._result(before, after, lines)

    def _result(self, before: Truth, after: Truth, lines: Lines) -> dict[str, t.Any]:
        header = {"before_header": f"{self.diff_header} (now)", "after_header": self.diff_header}
        texts = {"before": _text(lines(before)), "after": _text(lines(after))}
        changed = after != before
        return {
            "changed": changed,
            "diff": [{**header, **texts}] if changed else [],
            "now": lines(after),
            "seconds": round(time.monotonic() - self.started, 3),
        }

    def warnings(self) -> list[str]:
        """Return what the user should know of the unit."""
        if report.is_alive(report.read(), time.time()):
            return []
        return [f"{report.UNIT} does not run, so nobody lifts a ban when it ends"]


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine needs before it starts, so that containers come back in any order of booting.

A container whose published address came after the engine would end with "cannot assign requested
address", and Docker would not start it again. So the kernel lets programs bind to an address that
the host does not have yet. A unit of systemd sets that, as it has to be set before the engine.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from .packages import HostError, Run

DROP_IN = Path("/etc/systemd/system/docker.service.d/peerlb.conf")
KERNEL = Path("/proc/sys/net/ipv4")
BIND, FORWARD = "ip_nonlocal_bind", "ip_forward"


@dataclass(frozen=True)
class Boot:
    """The kernel's settings that must be 1 when the engine starts."""

    run: Run
    settings: tuple[str, ...] = (BIND,)
    drop_in: Path = DROP_IN
    kernel: Path = KERNEL

    @property
    def text(self) -> str:
        """Return the text of the drop-in for docker.service."""
        lines = [f"ExecStartPre=-/bin/sh -c 'echo 1 > {KERNEL / name}'" for name in self.settings]
        return "\n".join(["# By peerlb.stack", "[Service]", *lines, ""])

    def reasons(self) -> list[str]:
        """Return what differs: ["ip_nonlocal_bind is 0"]."""
        found = []
        with contextlib.suppress(OSError):
            if self.drop_in.read_text(encoding="utf-8") == self.text:
                return [f"{name} is not 1" for name in self.settings if not self._is_set(name)]
        found.append("containers may not come back if their address comes late")
        return found

    def _is_set(self, name: str) -> bool:
        try:
            return (self.kernel / name).read_text(encoding="ascii").strip() == "1"
        except OSError:
            return False

    def apply(self) -> None:
        """Write the drop-in, and set the kernel now; a HostError says what cannot be written."""
        if not self.reasons():
            return
        try:
            self.drop_in.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            self.drop_in.write_text(self.text, encoding="utf-8")
            for name in self.settings:
                (self.kernel / name).write_text("1\n", encoding="ascii")
        except OSError as exc:
            raise HostError(f"cannot write {exc.filename}: {exc.strerror}") from exc
        self.run(["systemctl", "daemon-reload"])

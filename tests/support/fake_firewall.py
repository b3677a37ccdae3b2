# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host with nftables and systemd that are no programs: it answers the commands of a firewall."""

from __future__ import annotations

Answer = tuple[int, str, str]
SERVICE, TIMER = "peerlb-firewall.service", "peerlb-firewall-undo.timer"


class FakeFirewall:
    """The table of the firewall, its service and the timer that undoes rules on trial.

    table: how nft lists the table, "" if there is none, None without nft. way: the interface of the
    default route. commands does not hold what only looks.
    """

    def __init__(self) -> None:
        self.table: str | None = ""
        self.way = "eth0"
        self.running = self.enabled = self.trial = False
        self.refuse = ""
        self.commands: list[str] = []

    def run(self, command: list[str], **_options: object) -> Answer:
        """Answer a command with its exit code, stdout and stderr."""
        line = " ".join(command)
        if command[0] == "ip":
            return 0, f'[{{"dev": "{self.way}"}}]' if self.way else "", ""
        if command[0] == "nft" and self.table is None:
            raise FileNotFoundError(2, "No such file or directory", "nft")
        if line.startswith("nft --stateless"):
            return (0, f"{self.table}\n", "") if self.table else (1, "", "No such file")
        if line.startswith("systemctl show"):
            return 0, self._states(), ""
        self.commands.append(line)
        if self.refuse and self.refuse in line:
            return 1, "", "refused"
        self._change(line)
        return 0, "", ""

    def _states(self) -> str:
        service = "active" if self.running else "inactive"
        boot = "enabled" if self.enabled else ""
        timer = "active" if self.trial else "inactive"
        return (
            f"Id={SERVICE}\nActiveState={service}\nUnitFileState={boot}\n\n"
            f"Id={TIMER}\nActiveState={timer}\nUnitFileState=\n"
        )

    def _change(self, line: str) -> None:
        if line == f"systemctl enable {SERVICE}":
            self.enabled = True
        if line == f"systemctl start {SERVICE}":
            self.running = True
        if line == f"systemctl disable --now {SERVICE}":
            self.enabled = self.running = False
        if line == f"systemctl stop {TIMER}":
            self.trial = False
        if line == "nft delete table inet peerlb" or "undo.nft" in line:
            self.table = ""

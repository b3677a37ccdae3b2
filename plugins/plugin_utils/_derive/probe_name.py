# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name of a probe as a value: who probes, which host, at which port. No Ansible, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

ARROW = " -> "


@dataclass(frozen=True)
class ProbeName:
    """The name of a probe, or of a connection to explain.

    str(ProbeName("web1", "db1", 3306)) is "web1 -> db1:3306". The names of hosts may hold anything
    but an arrow with a space beside it: an inventory may well hold colons, dots and spaces in them.
    """

    source: str
    target: str
    port: int

    def __str__(self) -> str:
        """Return "web1 -> db1:3306", which `parse` reads."""
        return f"{self.source}{ARROW}{self.destination}"

    @property
    def destination(self) -> str:
        """Return the target and its port: "db1:3306"."""
        return f"{self.target}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> ProbeName:
        """Return the name in a text; people may leave out the spaces, as in "web1->db1:3306".

        Raises a ValueError for any other text, and for a port that is not from 1 to 65535.
        """
        source, _arrow, destination = text.partition(ARROW if ARROW in text else ARROW.strip())
        target, port = split_destination(destination)
        names = source.strip(), target.strip()
        if not all(names) or not port.strip().isdecimal() or not 1 <= int(port) <= 65535:
            raise ValueError(f"{text!r} is not written as 'web1 -> lb1:3306'")
        return cls(*names, int(port))


def split_destination(text: str) -> tuple[str, str]:
    """Return the two parts of "db1:3306": ("db1", "3306"). The last colon divides them."""
    name, _colon, port = text.rpartition(":")
    return name, port

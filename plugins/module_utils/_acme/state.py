# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of the last attempts: one file for each certificate, which operators may read.

root/acme/NAME.json     {"attempted": "2026-11-28T22:00:00Z", "succeeded": "…", "result": "issued",
                         "message": "", "next": "…", "failures": 0, "identity": "…"}
root/acme/NAME/         the account and the keys, as lego keeps them; only root may look
root/acme/webroot/      the answers to challenges, which nginx's workers read
root/acme/lock          held by whoever asks the CA

A file is replaced by one rename, so a program that is killed leaves the former one.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from .._files.writing import replace_file
from .._release.who import moment

HOUR = 3600
LONGEST = 24 * HOUR  # the longest pause after a refusal
# "asked" is while an attempt lasts, or of one that was killed. "obtained" is what the CA gave and
# nginx does not serve yet.
RESULTS = ("asked", "obtained", "issued", "kept", "failed")
GOOD = ("issued", "kept")


@dataclass(frozen=True)
class State:
    """What became of a certificate.

    attempted, succeeded: when the CA was asked last, and with success; result: one of RESULTS, or
    "" before the first attempt; message: the CA's or the program's words about a failure; next:
    not asked before, or for a certificate that is in use when it is due at the latest; failures:
    refusals in a row; identity: what the certificate was asked for by (`Wanted.identity`).
    """

    attempted: str = ""
    succeeded: str = ""
    result: str = ""
    message: str = ""
    next: str = ""
    failures: int = 0
    identity: str = ""

    def is_served(self, identity: str) -> bool:
        """Tell whether the last attempt was for this identity, and nginx serves what came of it."""
        return self.identity == identity and self.result in GOOD

    def waits(self, identity: str, now: float) -> bool:
        """Tell whether the CA must not be asked yet, because it refused not long ago."""
        return self.failures > 0 and self.identity == identity and moment(now) < self.next

    def begun(self, identity: str, now: float) -> State:
        """Return the state of an attempt that begins: another identity forgets the former one."""
        known = self if self.identity == identity else State(identity=identity)
        return replace(known, attempted=moment(now), result="asked")

    def succeeded_at(self, result: str, now: float, due: float) -> State:
        """Return the state after a success; result is one of RESULTS, due the next renewal."""
        at = moment(now)
        return replace(self, succeeded=at, result=result, message="", failures=0, next=moment(due))

    def failed_at(self, message: str, now: float, *, refused: bool) -> State:
        """Return the state after a failure; of a refusal by the CA the next attempt waits.

        1 h, 2 h, 4 h, at most a day: CAs count refusals. A CA that cannot be reached counts none.
        """
        failures = self.failures + refused
        pause = min(LONGEST, HOUR * 2 ** (failures - 1)) if refused else 0
        after = moment(now + pause)
        return replace(self, result="failed", message=message, failures=failures, next=after)


def read_state(root: Path, name: str) -> State:
    """Return the state of a certificate; that of a damaged or missing file is empty."""
    try:
        found = json.loads((root / "acme" / f"{name}.json").read_text(encoding="utf-8"))
        given = {key: found[key] for key in State.__dataclass_fields__ if key in found}
    except (OSError, ValueError, TypeError):
        return State()
    kinds = {str: "", int: 0}
    defaults = asdict(State())
    fits = {k: v for k, v in given.items() if type(v) in kinds and type(v) is type(defaults[k])}
    return State(**fits)


def write_state(root: Path, name: str, state: State) -> None:
    """Write the state of a certificate by one rename; an OSError says that the disk refuses."""
    text = json.dumps(asdict(state), indent=1)
    replace_file(root / "acme" / f"{name}.json", text.encode(), 0o644)


def states(root: Path, names: t.Iterable[str]) -> dict[str, State]:
    """Return the state of each certificate by its name."""
    return {name: read_state(root, name) for name in names}

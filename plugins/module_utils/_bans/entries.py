# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ban: which addresses, until when, by whom and why. No Ansible, no I/O."""

from __future__ import annotations

import datetime
import ipaddress
import typing as t
from dataclasses import asdict, dataclass

from .._nginx.checks import seconds
from .._values.addresses import IPv4Network
from .._values.entries import errors_at, misfit, read_mapping, shown

WIDEST = 16  # prefix length; a wider ban is one of millions, and a rule's business
OPERATOR = "operator"  # the source of a ban that a person has set
LONGEST = 10 * 365 * 86400  # seconds
NAMES = ("range", "until", "reason", "by", "login", "at", "source")


class BanError(ValueError):
    """A ban or a maintenance that makes no sense; the message says what would be right."""


def parse_range(value: t.Any) -> IPv4Network:
    """Return the addresses that a text such as "203.0.113.7" or "203.0.113.0/24" means.

    A BanError says what would be right: no more than a /16, and written without host bits.
    """
    text = str(value).strip()
    try:
        parsed = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise BanError(f"{shown(text)} is no address such as 203.0.113.7 and no range") from None
    if not isinstance(parsed, IPv4Network):
        raise BanError(f"{text} is IPv6: listeners have IPv4, and so have their clients")
    if "/" in text and text.split("/", 1)[0] != str(parsed.network_address):
        raise BanError(f"{text} has host bits set; write {parsed}")
    if parsed.prefixlen < WIDEST:
        raise BanError(
            f"{text} has more than 65536 addresses: the widest range is a /{WIDEST};"
            " refuse a wider one by a rule of peerlb_gatekeeper"
        )
    return parsed


def parse_end(duration: str, until: str, now: float) -> float | None:
    """Return when a ban ends, in seconds of the epoch; None if it never does.

    duration is such as "1h", "7d" or "forever", until such as "2027-01-01T10:00:00Z"; one of them
    is empty. A BanError says what would be right.
    """
    if bool(duration) == bool(until):
        raise BanError("give either for how long, such as 1h, or until when")
    if duration == "forever":
        return None
    with errors_at("the end of a ban", BanError):
        end = now + seconds("duration", duration) if duration else _moment(until)
        if not now < end <= now + LONGEST:
            raise misfit("it", duration or until, "in the next ten years; forever is one as well")
    return end


def _moment(text: str) -> float:
    try:
        # Before Python 3.11 fromisoformat does not know the Z.
        parsed = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise misfit("until", text, "a time such as 2027-01-01T10:00:00Z") from None
    if parsed.tzinfo is None:
        raise ValueError(f"until is {text}, without a time zone; write {text}Z for UTC")
    return parsed.timestamp()


def utc(moment: float | None) -> str:
    """Return a time in seconds of the epoch for people: "2026-01-01T10:00:00Z", or "lifted"."""
    if moment is None:
        return "somebody lifts it"
    found = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Ban:
    """The ban of a range, given as text with its prefix length: "203.0.113.7/32".

    until: seconds of the epoch, None for ever; source: OPERATOR, "rule login" or "list /a/path";
    by, login, at: as `signature` of _release/who.py tells them.
    """

    range: str
    until: float | None = None
    reason: str = ""
    by: str = ""
    login: str = ""
    at: str = ""
    source: str = OPERATOR

    @classmethod
    def parse(cls, entry: t.Any) -> Ban:
        """Return the ban of an entry in bans.json; a ValueError says what is wrong with it."""
        settings = read_mapping(entry, ("range",), NAMES[1:])
        until = settings.get("until")
        if until is not None and (isinstance(until, bool) or not isinstance(until, (int, float))):
            raise misfit("until", until, "a number of seconds")
        words = {name: str(settings.get(name) or "") for name in NAMES if name not in ("until",)}
        words["source"] = words["source"] or OPERATOR
        words["range"] = str(parse_range(settings["range"]))
        return cls(until=until, **words)

    def params(self) -> dict[str, t.Any]:
        """Return the entry in bans.json."""
        return asdict(self)

    @property
    def network(self) -> IPv4Network:
        """The addresses."""
        return ipaddress.IPv4Network(self.range)

    @property
    def shown(self) -> str:
        """The range as people write it: "203.0.113.7", "203.0.113.0/24"."""
        return shown_range(self.network)

    def ended(self, now: float) -> bool:
        """Tell whether the ban is over."""
        return self.until is not None and self.until <= now

    def sentence(self) -> str:
        """Return the ban in words: "203.0.113.7 until 2026-…Z, set by ada (because: scans)"."""
        why = f" (because: {self.reason})" if self.reason else ""
        whose = f"set by {self.by}" if self.source == OPERATOR else f"by the {self.source}"
        return f"{self.shown} until {utc(self.until)}, {whose}{why}"


def shown_range(network: IPv4Network) -> str:
    """Return a range as people write it: a range of one address without its prefix length."""
    return str(network.network_address) if network.prefixlen == 32 else str(network)

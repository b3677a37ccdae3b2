# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge a pair before anything changes: each refusal names the value and what would be right."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timezone

from .openssl import Facts, Openssl
from .pem import CertificateError, Pair


@dataclass(frozen=True)
class Wanted:
    """A certificate that nginx shall serve.

    names: the names of hosts that it has to cover; pem: the chain and the key; source: from where,
    for people; ca: the CA that vouches for it, as PEM, or "" for the CAs of the system. forced
    takes one that ends earlier than the one in use.
    """

    name: str
    names: tuple[str, ...]
    pair: Pair
    source: str = "given"
    ca: str = ""
    forced: bool = False


def problems(
    openssl: Openssl, wanted: Wanted, present: Facts | None, now: float
) -> tuple[Facts | None, list[str]]:
    """Return what the first certificate of a pair says, and a sentence for each of its faults.

    present: what the certificate in use says, or None if there is none that counts.
    """
    place = f"certificate {wanted.name}"
    try:
        chain = [openssl.facts(each) for each in wanted.pair.chain]
        facts = chain[0]
        found = [
            *(
                ["the key is not that of the certificate: give the key with which it was asked for"]
                if not openssl.fits(wanted.pair)
                else []
            ),
            *_uncovered(wanted.names, facts.names),
            *_out_of_time(facts, now),
            *_earlier(facts, present, wanted.forced),
            *(_chain(openssl, wanted, chain) if not _over(chain, now) else []),
        ]
    except CertificateError as exc:
        return None, [f"{place}: it cannot be read: {exc}"]
    return facts, [f"{place}: {problem}" for problem in found]


def covers(pattern: str, name: str) -> bool:
    """Tell whether a name in a certificate covers a name of a host; a star stands for one label."""
    if pattern == name:
        return True
    first, _dot, rest = name.partition(".")
    return pattern == f"*.{rest}" and bool(rest) and first != "*"


def moment(seconds: float) -> str:
    """Return a time as 2027-02-26T10:15:00Z."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _uncovered(wanted: t.Sequence[str], names: t.Sequence[str]) -> t.Iterator[str]:
    for name in wanted:
        if not any(covers(each, name) for each in names):
            has = ", ".join(names) or "no name of a host"
            yield f"{name} is not covered: it is for {has}; get one for all declared names"


def _out_of_time(facts: Facts, now: float) -> t.Iterator[str]:
    if facts.ends <= now:
        yield f"it has expired at {moment(facts.ends)}: renew it"
    if facts.begins > now:
        yield f"it is valid from {moment(facts.begins)} on; on this host it is {moment(now)}"


def _over(chain: t.Sequence[Facts], now: float) -> bool:
    """Tell whether openssl would only repeat what `_out_of_time` says."""
    return not chain[0].begins <= now < chain[0].ends


def _earlier(facts: Facts, present: Facts | None, forced: bool) -> t.Iterator[str]:
    if present and facts.ends < present.ends and not forced:
        yield (
            f"it ends at {moment(facts.ends)}, earlier than the one in use, which ends at"
            f" {moment(present.ends)}: give a newer one, or force the change"
        )


def _chain(openssl: Openssl, wanted: Wanted, chain: t.Sequence[Facts]) -> t.Iterator[str]:
    for below, above in zip(chain, chain[1:]):
        if below.issuer != above.subject:
            yield (
                f"the chain is out of order: after {below.subject} comes {above.subject}, not its"
                f" issuer {below.issuer}; put each certificate before that of its issuer"
            )
            return
    problem = openssl.chain_problem(wanted.pair, wanted.ca)
    if problem:
        last, known = chain[-1], "the given CA" if wanted.ca else "a CA that this host knows"
        yield (
            f"the chain does not lead to {known}: {problem}; it ends with {last.subject}, issued"
            f" by {last.issuer}: add what is missing, or give the CA"
        )

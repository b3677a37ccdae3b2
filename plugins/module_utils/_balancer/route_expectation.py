# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a stored test of a URL map expects, beside what nginx answered. No Ansible, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._values.entries import line, read_mapping, whole_number


@dataclass(frozen=True)
class Answer:
    """What nginx answered to a test; status 0 means that it closed the connection.

    pool, method and path are what the stand-in of a member got; pool is "" if no member was asked.
    rule is the route that took the request, as the URL map names it.
    """

    status: int
    pool: str = ""
    method: str = ""
    path: str = ""
    location: str = ""
    rule: str = ""

    def told(self) -> str:
        """Return the answer in words."""
        if self.pool:
            return f"pool {self.pool} gets {self.method} {self.path}"
        if self.location:
            return f"a redirect to {self.location} ({self.status})"
        return f"status {self.status}" if self.status else "no answer: the connection is closed"


@dataclass(frozen=True)
class Expectation:
    """What a test expects: a pool (one of pools), a redirect, or a status of nginx's own.

    path is what a member sees, with the query; None means any. code is that of the redirect; None
    means any.
    """

    pools: tuple[str, ...] = ()
    path: str | None = None
    redirect: str | None = None
    code: int | None = None
    status: int | None = None

    @classmethod
    def parse(cls, entry: t.Mapping[str, t.Any]) -> Expectation:
        """Read {"pool": …, "path": …, "redirect": …, "code": …, "status": …}.

        A key may be missing or None. A ValueError says what is wrong.
        """
        known = ("pool", "path", "redirect", "code", "status")
        values = read_mapping(entry, (), known)
        given = {key: value for key, value in values.items() if value not in (None, [])}
        if len({"pool", "redirect", "status"} & set(given)) != 1:
            raise ValueError("expect: right is one of pool, redirect and status")
        for key, owner in (("path", "pool"), ("code", "redirect")):
            if key in given and owner not in given:
                raise ValueError(f"expect: {key} is of use with {owner} alone")
        named = given.get("pool", [])
        pools = tuple(line("pool", each) for each in ([named] if isinstance(named, str) else named))
        path, redirect = (
            line(key, given[key]) if key in given else None for key in ("path", "redirect")
        )
        code = whole_number("code", given["code"], 300, 399) if "code" in given else None
        status = whole_number("status", given["status"], 200, 599) if "status" in given else None
        return cls(pools, path, redirect, code, status)

    def told(self) -> str:
        """Return the expectation in words."""
        if self.pools:
            gets = f" gets {self.path}" if self.path is not None else ""
            return f"pool {' or '.join(self.pools)}{gets}"
        if self.redirect is not None:
            return f"a redirect to {self.redirect}" + (f" ({self.code})" if self.code else "")
        return f"status {self.status}"

    def fits(self, answer: Answer, origin: str) -> bool:
        """Tell whether an answer is as expected; origin is such as https://shop.example."""
        if self.pools:
            return answer.pool in self.pools and self.path in (None, answer.path)
        if answer.pool:
            return False
        if self.redirect is None:
            return answer.status == self.status
        # Both may be written without the origin, and mean the same.
        wanted, got = (_whole(url, origin) for url in (self.redirect, answer.location))
        code = 300 <= answer.status < 400 and self.code in (None, answer.status)
        return bool(answer.location) and wanted == got and code


def _whole(url: str, origin: str) -> str:
    return origin + url if url.startswith("/") and not url.startswith("//") else url

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the members of a pool are probed, with all settings and defaults. No Ansible, no I/O."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._values.entries import errors_at, misfit, one_of, typed, whole_number
from .checks import PoolError, read_settings, seconds

TYPES = ("http", "https", "tcp", "mysql", "redis", "none")
OF_HTTP = ("http", "https")  # these ask for a path
WITH_ROLES = ("mysql", "redis")  # of these a member can be asked whether it takes writes
LEAST_SECONDS = 0.1


@dataclass(frozen=True)
class Health:
    """What a member is asked, how often, and how many answers in a row change its state.

    type none means that members are not probed. path, expect and host are for http and https:
    expect holds the statuses that are good, () any below 500; an empty host means address and port.
    An empty
    interval follows from how many members the load balancer has. writes: only a member that takes
    writes is good. Times are as nginx writes them.
    """

    type: str = "tcp"
    path: str = "/"
    expect: tuple[int, ...] = ()
    host: str = ""
    interval: str = ""
    timeout: str = "1s"
    rise: int = 2
    fall: int = 3
    writes: bool = False

    @classmethod
    def parse(cls, entry: t.Any, pool: str) -> Health:
        """Return the health check that an entry describes; pool is the name to say in messages.

        {"type": "http", "path": "/healthz"} is an entry. A PoolError names the setting at fault.
        """
        with errors_at(f"pool {pool}, health", PoolError):
            values = read_settings(cls, entry)
            one_of("type", values["type"], TYPES)
            if not re.fullmatch(r"/[!-~]*", str(values["path"])):
                raise misfit("path", values["path"], "a plain path that begins with /")
            if not re.fullmatch(r"[A-Za-z0-9._-]*(:[0-9]{1,5})?", str(values["host"])):
                raise misfit("host", values["host"], "a host name such as shop.example")
            expect = typed("expect", values["expect"], list)
            values["expect"] = tuple(whole_number("expect", each, 100, 599) for each in expect)
            for key in ("interval", "timeout"):
                if values[key] != "" and seconds(key, values[key]) < LEAST_SECONDS:
                    raise misfit(key, values[key], "a time of 100ms or more, such as 1s")
            seconds("timeout", values["timeout"])
            for key in ("rise", "fall"):
                values[key] = whole_number(key, values[key], 1, 100)
            if typed("writes", values["writes"], bool) and values["type"] not in WITH_ROLES:
                kinds = " and ".join(WITH_ROLES)
                raise misfit(
                    "writes", True, f"for type {kinds} alone; this type is {values['type']}"
                )
            return cls(**values)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters for the settings of the unit peerlb-pools. The file NAME.yml documents each."""

from __future__ import annotations

import json
import typing as t

from ..module_utils._live.notify import Hook
from ..module_utils._probe.mysql_role import Account


def pool_unit_problems(
    notify: t.Any, account: t.Any = None, pools: t.Sequence[t.Any] = ()
) -> list[str]:
    """Return what the unit peerlb-pools could not read of its hook and its account.

    notify and account: nginx_lb_notify and nginx_lb_health_account. pools: those of which one may
    need the account. No message repeats a secret.
    """
    problems = []
    try:
        Hook.parse(notify)
    except ValueError as exc:
        problems.append(str(exc).replace("peerlb_notify", "nginx_lb_notify (peerlb_notify)", 1))
    try:
        if account:
            Account.parse(json.dumps(account))
    except ValueError as exc:
        problems.append(f"nginx_lb_health_account: {exc}")
    asking = [] if account else [pool["name"] for pool in pools if _asks_mysql_for_writes(pool)]
    return problems + [
        f"pool {name}: its health check asks MySQL who takes writes: set nginx_lb_health_account"
        for name in asking
    ]


def _asks_mysql_for_writes(pool: t.Any) -> bool:
    health = pool.get("health") if isinstance(pool, t.Mapping) else None
    if not isinstance(health, t.Mapping):
        return False
    return health.get("type") == "mysql" and health.get("writes") is True


class FilterModule:
    """The filters of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filters by name."""
        return {"pool_unit_problems": pool_unit_problems}

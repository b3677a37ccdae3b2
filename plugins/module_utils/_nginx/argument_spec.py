# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Argument specs of members, pools and listeners, for the modules that take them.

The dataclasses in `pool.py` have the same names, types and defaults, and the module nginx_release
documents them: a test compares the three.
"""

from __future__ import annotations

from .._values.protocols import LISTENER_PROTOCOLS
from .health import TYPES, Health
from .member_tls import MemberTls
from .pool import METHODS, RETRY_CONDITIONS, STATES, Listener, Member, Pool

MEMBER = {
    "name": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "port": {"type": "int", "required": True},
    "weight": {"type": "int", "default": Member.weight},
    "state": {"type": "str", "choices": list(STATES), "default": Member.state},
    "backup": {"type": "bool", "default": Member.backup},
    "max_conns": {"type": "int", "default": Member.max_conns},
    "max_fails": {"type": "int"},
    "fail_timeout": {"type": "str", "default": Member.fail_timeout},
}

HEALTH = {
    "type": {"type": "str", "choices": list(TYPES), "default": Health.type},
    "path": {"type": "str", "default": Health.path},
    "expect": {"type": "list", "elements": "int", "default": list(Health.expect)},
    "host": {"type": "str", "default": Health.host},
    "interval": {"type": "str", "default": Health.interval},
    "timeout": {"type": "str", "default": Health.timeout},
    "rise": {"type": "int", "default": Health.rise},
    "fall": {"type": "int", "default": Health.fall},
    "writes": {"type": "bool", "default": Health.writes},
}

MEMBER_TLS = {
    "name": {"type": "str", "default": MemberTls.name},
    "ca": {"type": "str", "default": MemberTls.ca},
    "verify": {"type": "bool", "default": MemberTls.verify},
}

POOL = {
    "name": {"type": "str", "required": True},
    "members": {"type": "list", "elements": "dict", "required": True, "options": MEMBER},
    "method": {"type": "str", "choices": list(METHODS), "default": Pool.method},
    "hash_key": {"type": "str", "default": Pool.hash_key, "no_log": False},
    "cookie": {"type": "str", "default": Pool.cookie},
    "keepalive": {"type": "int", "default": Pool.keepalive},
    "connect_timeout": {"type": "str", "default": Pool.connect_timeout},
    "read_timeout": {"type": "str", "default": Pool.read_timeout},
    "idle_timeout": {"type": "str", "default": Pool.idle_timeout},
    "retry_on": {
        "type": "list",
        "elements": "str",
        "choices": list(RETRY_CONDITIONS),
        "default": list(Pool.retry_on),
    },
    "health": {"type": "dict", "default": {}, "options": HEALTH},
    "slow_start": {"type": "str", "default": Pool.slow_start},
    "tls": {"type": "dict", "options": MEMBER_TLS},
}

LISTENER = {
    "port": {"type": "int", "required": True},
    "pool": {"type": "str", "required": True},
    "protocol": {"type": "str", "choices": list(LISTENER_PROTOCOLS), "default": Listener.protocol},
    "address": {"type": "str", "default": Listener.address},
    "allow": {"type": "list", "elements": "str", "default": list(Listener.allow)},
    "tls": {"type": "bool", "default": Listener.tls},
    "routes": {"type": "list", "elements": "str", "default": list(Listener.routes)},
}

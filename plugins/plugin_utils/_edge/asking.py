"""stub"""
from __future__ import annotations
import typing as t


def ask_lines(pool: t.Mapping[str, t.Any], **kw: t.Any) -> list[str]:
    tries = min(max(3, len(pool["members"]) // 2 + 1), 10)
    return [
        "include live-pool.conf;",
        "recursive_error_pages on;",
        f"proxy_pass http://{pool['name']};",
        f"proxy_connect_timeout {pool['connect_timeout']};",
        f"proxy_read_timeout {pool['read_timeout']};",
        f"proxy_send_timeout {pool['read_timeout']};",
        f"proxy_next_upstream {' '.join(pool['retry_on']) or 'off'};",
        f"proxy_next_upstream_tries {tries};",
    ]

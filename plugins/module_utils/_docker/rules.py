# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether Docker's own rules still lead to published ports: somebody may have flushed them."""

from __future__ import annotations

import json
import re
import typing as t

from .packages import Run

Record = t.Mapping[str, t.Any]  # an element of what `docker inspect` prints
GONE = "Docker's firewall rules that lead to it are gone; the playbook docker brings them back"


def containers(run: Run) -> list[Record]:
    """Return what `docker inspect` tells of all containers; [] if no engine answers."""
    code, out, _err = run(["docker", "ps", "--all", "--quiet", "--no-trunc"])
    if code != 0 or not out.split():
        return []
    _code, out, _err = run(["docker", "inspect", *out.split()])
    try:
        return json.loads(out or "[]")
    except ValueError:
        return []


def without_rules(run: Run, records: t.Sequence[Record]) -> list[str]:
    """Return the running containers to whose published ports no rule leads: ["peerlb-mysql"].

    The rules are those of iptables or, with Docker's backend nftables, of nft. Where neither can be
    read, no container is told.
    """
    published = {each["Name"].lstrip("/"): ends for each in records if (ends := _ends(each))}
    if not published:
        return []
    texts = [out for command in COMMANDS for code, out, _err in [run(command)] if code == 0]
    if not texts:
        return []
    rules = "\n".join(texts)
    return sorted(name for name, ends in published.items() if not _are_led_to(ends, rules))


COMMANDS = (["iptables-save"], ["nft", "list", "ruleset"])


def _ends(record: Record) -> list[tuple[str, str]]:
    """Return the container's address and port behind each port that it publishes on IPv4."""
    if not record["State"].get("Running"):
        return []
    settings = record.get("NetworkSettings") or {}
    networks = (settings.get("Networks") or {}).values()
    address = next((each["IPAddress"] for each in networks if each.get("IPAddress")), "")
    ports = settings.get("Ports") or {}
    return [(address, port.partition("/")[0]) for port, bound in ports.items() if bound and address]


def _are_led_to(ends: t.Iterable[tuple[str, str]], rules: str) -> bool:
    """Tell whether the rules translate to each end, and iptables forwards to it."""
    filters = rules.partition("*filter\n")[2].partition("COMMIT")[0]
    dropped = ":FORWARD DROP" in filters
    return all(
        re.search(rf"(?<![\d.]){re.escape(address)}\s*:\s*{port}\b", rules)
        and (not dropped or f"-d {address}/32 " in filters)
        for address, port in ends
    )

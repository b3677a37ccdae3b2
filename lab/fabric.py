# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's network: creates or corrects the namespaces, links, routes and rules of a plan."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from . import procs
from .links import Link
from .names import FABRIC, GATEWAY, ROOT_LINK, UPLINK, UPLINK_FABRIC, UPLINK_NET, UPLINK_ROOT
from .plan import MAIN, Plan
from .rules import root_rules
from .run import run

SETTINGS = (
    "net.ipv4.ip_forward=1",
    "net.ipv4.conf.all.rp_filter=0",
    "net.ipv4.icmp_ratemask=0",  # answer every attempt without a route, not a few each second
)
FORWARDING = "/proc/sys/net/ipv4/conf/{}/forwarding"


def apply(plan: Plan, interface: str, nameserver: t.Any) -> None:
    """Create what is missing and correct what differs. The rest is not disturbed.

    *interface* is that of this machine's default route.
    """
    present = procs.namespaces()
    for name in plan.namespaces:
        if name not in present:
            run("ip", "netns", "add", name)
    mtu = Path(f"/sys/class/net/{interface}/mtu").read_text(encoding="ascii").strip()
    _uplink(mtu)
    links = {entry["ifname"] for entry in _read("link", "show")}
    for link in plan.links:
        _link(link, mtu, link.link in links)
    run_in(FABRIC, "sysctl", "-qw", *SETTINGS)
    _tables(plan)
    _rules(plan)
    run_in(FABRIC, "nft", "-f", "-", text=plan.ruleset)
    # This machine forwards between these two interfaces only. It does not become a router.
    Path(FORWARDING.format(interface)).write_text("1", encoding="ascii")
    Path(FORWARDING.format(ROOT_LINK)).write_text("1", encoding="ascii")
    if nameserver.is_loopback:
        local = Path(FORWARDING.format(ROOT_LINK)).with_name("route_localnet")
        local.write_text("1", encoding="ascii")
    run("nft", "-f", "-", text=root_rules(interface, nameserver))


def run_in(namespace: str, *argv: str, text: str | None = None) -> str:
    """Run a program in a network namespace and return its output.

    Unlike "ip netns exec", nsenter copies no mounts.
    """
    return run("nsenter", f"--net={procs.NETNS / namespace}", "--", *argv, text=text)


def _batch(namespace: str, lines: t.Iterable[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    if text:
        run("ip", "-n", namespace, "-batch", "-", text=text)


def _read(*argv: str) -> list[dict]:
    return json.loads(run("ip", "-n", FABRIC, "-j", *argv) or "[]")


def _uplink(mtu: str) -> None:
    if not Path("/sys/class/net", ROOT_LINK).exists():
        run("ip", "link", "add", ROOT_LINK, "mtu", mtu, "type", "veth",
            "peer", "name", UPLINK, "mtu", mtu, "netns", FABRIC)  # fmt: skip
    run("ip", "address", "replace", f"{UPLINK_ROOT}/30", "dev", ROOT_LINK)
    run("ip", "link", "set", ROOT_LINK, "up")
    own = (f"address replace {UPLINK_FABRIC}/30 dev {UPLINK}", f"link set {UPLINK} up")
    _batch(FABRIC, ("link set lo up", *own))


def _link(link: Link, mtu: str, present: bool) -> None:
    """Connect a namespace to the fabric.

    The host has a /32 and a gateway, so every packet that it sends passes the fabric.
    """
    if not present:
        peer = f"peer name {link.link} mtu {mtu} netns {FABRIC}"
        _batch(link.namespace, [f"link add eth0 mtu {mtu} type veth {peer}"])
    _batch(FABRIC, [f"address replace {GATEWAY}/32 dev {link.link}", f"link set {link.link} up"])
    _batch(
        link.namespace,
        (
            "link set lo up",
            f"address replace {link.address}/32 dev eth0",
            "link set eth0 up",
            f"route replace {GATEWAY}/32 dev eth0 scope link",
            f"route replace default via {GATEWAY} dev eth0 src {link.address}",
        ),
    )


def _tables(plan: Plan) -> None:
    """Set the routes. New ones come first and stale ones go last, so traffic is not disturbed."""
    wanted = {
        (str(table), _target(route)) for table, routes in plan.tables.items() for route in routes
    }
    wanted.add((str(MAIN), UPLINK_NET))
    names = {"main": str(MAIN)}
    stale = []
    for entry in _read("route", "show", "table", "all"):
        table = str(entry.get("table", MAIN))
        key = (names.get(table, table), entry["dst"])
        if table not in ("local", "255") and ":" not in entry["dst"] and key not in wanted:
            stale.append(f"route del {key[1]} table {key[0]}")
    fresh = [
        f"route replace {route} table {table}"
        for table, routes in plan.tables.items()
        for route in routes
    ]
    _batch(FABRIC, fresh + stale)


def _target(route: str) -> str:
    """Return the destination as "ip route" shows it. A /32 has no length there."""
    return route.split()[0].removesuffix("/32")


def _rules(plan: Plan) -> None:
    wanted = {(link.link, str(link.table)) for link in plan.links}
    present = {(rule["iif"], rule["table"]) for rule in _read("rule", "show") if "iif" in rule}
    _batch(
        FABRIC,
        [f"rule add iif {link} lookup {table} pref 1000" for link, table in wanted - present]
        + [f"rule del iif {link} lookup {table}" for link, table in present - wanted],
    )

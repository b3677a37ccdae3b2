# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of the lab: python -m lab up|down|status|next|start|stop|exec|images|acme|…"""

from __future__ import annotations

import argparse
import os
import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

from . import acme, cache, fabric, forward, hosts, images, preflight, procs, retag, state
from .links import Link
from .names import CLONE, FABRIC, PREFIX
from .plan import Plan, PlanError, make_plan
from .run import LabError, say


def up(plan: Plan, debian12: t.Sequence[str] = ()) -> None:
    """Build the lab, or change only what differs from the plan.

    debian12: the names of the hosts that run Debian 12.
    """
    start = time.monotonic()
    suites = _suites(plan, debian12)
    roots = [hosts.root_path(suite) for suite in dict.fromkeys(suites.values())]
    cached = [*roots, *images.paths().values()]
    preflight.check(cold=not all(path.exists() for path in cached))
    state.refuse_other_clone()
    interface = preflight.default_interface()
    saved = _begin(interface)
    with ThreadPoolExecutor(max_workers=1) as pool:
        made = pool.submit(images.make_all)
        list(map(hosts.root_file_system, dict.fromkeys(suites.values())))
        hosts.remove_outdated(plan)
        fabric.apply(plan, interface, preflight.nameserver())
        boot(plan, plan.hosts, suites)
        images.serve(made.result())
    forward.start(plan.ways_in)
    procs.end_builders()
    cache.prune({path.name for path in cached} | hosts.roots_in_use())
    state.save("up", saved)
    say(f"up: {' '.join(h.name for h in plan.hosts)} ({time.monotonic() - start:.1f} s)")


def _begin(interface: str) -> dict[str, str]:
    """Remove what an earlier command left. Return this machine's settings before any lab."""
    fresh = not state.is_up()
    if fresh:
        state.tear_down()
    procs.end_builders()
    cache.sweep()
    saved = state.changed_settings(interface) if fresh else state.load()["saved"]
    state.save("starting" if fresh else "up", saved)
    return saved


def _suites(plan: Plan, debian12: t.Sequence[str]) -> dict[str, str]:
    """Return the release of Debian of each host by name: {"web1": "trixie"}."""
    old = {plan.host(name).name for name in debian12}
    return {h.name: hosts.SUITES["12" if h.name in old else "13"] for h in plan.hosts}


def boot(plan: Plan, links: t.Sequence[Link], suites: t.Mapping[str, str]) -> None:
    """Power on the hosts that are off, all at once, and wait until sshd answers on each.

    suites: which suite of Debian a host has, by the host's name.
    """
    hosts.public_key()
    off = [link.name for link in links if not hosts.running(link)]
    mgmt = plan.management.namespace
    start = time.monotonic()
    with ThreadPoolExecutor(max_workers=len(links)) as pool:
        list(pool.map(lambda link: hosts.boot(link, suites[link.name], mgmt), links))
    hosts.write_known_hosts(plan)
    if off:
        say(f"booted {' '.join(off)} ({time.monotonic() - start:.1f} s)")


def status(plan: Plan) -> bool:
    """Print the state of the lab. Return whether all of it is up."""
    owner = state.load().get("owner")
    if not owner:
        say("down" if not state.remains() else "down, with remains: " + ", ".join(state.remains()))
        return False
    say(f"{state.load()['phase']}, of {owner}")
    lines = list(hosts.report(plan)) if FABRIC in procs.namespaces() else ["no namespaces"]
    mirror = procs.alive(procs.MIRROR)
    lines.append(f"{'mirror':<10} {'198.18.77.2:5000':<32} {'up' if mirror else 'off'}")
    for way in plan.ways_in:
        url = forward.url(way.scheme)
        lines.append(f"{'browser':<10} {url:<32} {'up' if url else 'off'}")
    print("\n".join(lines))
    return all(line.endswith(" up") for line in lines)


def start(plan: Plan, names: t.Sequence[str]) -> None:
    """Power hosts on, all at once. Their disks are as they were."""
    _require_up()
    links = [plan.host(name) for name in dict.fromkeys(names)]
    for link in links:
        if not hosts.exists(link):
            raise LabError(f"{link.name} does not exist yet; run: python -m lab up")
    boot(plan, links, {link.name: hosts.suite_of(link) for link in links})


def stop(plan: Plan, names: t.Sequence[str], kill: bool) -> None:
    """Power hosts off, or cut their power, all at once."""
    _require_up()
    links = [plan.host(name) for name in dict.fromkeys(names)]
    with ThreadPoolExecutor(max_workers=len(links)) as pool:
        list(pool.map(lambda link: hosts.stop(link, kill), links))


def show_next() -> None:
    """Print what a person who has just deployed the stack wants to know."""
    _require_up()
    url, by_tls = forward.url(), forward.url("https")
    print(NEXT.format(url=url or "(no client of this lab may use it) ", clone=CLONE))
    if by_tls:
        print(BY_TLS.format(url=by_tls, ca=OWN_CA))


def serve_images(names: t.Sequence[str]) -> None:
    """Build images of other applications. The mirror has them at once, if the lab is up."""
    cached = images.paths(names).values()
    preflight.check(cold=not all(path.exists() for path in cached))
    state.refuse_other_clone()
    made = images.make_all(names)
    if state.is_up():
        images.serve(made)
    say(f"images: {' '.join(path.name for path in made)}")


def serve_acme(plan: Plan, *, stop: bool, accounts: t.Sequence[str]) -> None:
    """Start the CA beside the client, or end it. accounts: external ones, each as kid=key."""
    _require_up()
    if stop:
        acme.stop()
        say("the CA has ended")
        return
    eab = dict(entry.split("=", 1) for entry in accounts)
    for name, value in acme.start(plan, eab).items():
        say(f"{name}: {value}")


def move_tag(image: str, revision: str) -> None:
    """Let a tag of the mirror lead to another build."""
    preflight.check_root()
    _require_up()
    say(f"{image} is {retag.retag(image, revision)}")


def execute(name: str, command: list[str]) -> t.NoReturn:
    """Replace this process by a program of this machine, in a network namespace of the lab."""
    preflight.check_root()
    path = procs.NETNS / (PREFIX + name)
    if not path.exists():
        known = " ".join(other.removeprefix(PREFIX) for other in procs.namespaces())
        raise LabError(f"no namespace {name}; there are: {known or 'none, the lab is down'}")
    argv = ["nsenter", f"--net={path}", "--", *command]
    os.execvp(argv[0], argv)


def _require_up() -> None:
    state.refuse_other_clone()
    if not state.is_up():
        raise LabError("the lab is down; start it with: python -m lab up")


def down(force: bool) -> None:
    """Remove the lab but not its cache. *force* removes the running lab of another clone too."""
    preflight.check_root()
    if not force:
        state.refuse_other_clone()
    if not state.remains():
        say("already down")
    state.tear_down()
    cache.sweep()


def _add_images(commands: t.Any) -> None:
    command = commands.add_parser("images", help="build other images, for the mirror")
    command.add_argument("names", nargs="+", choices=images.OPTIONAL)
    command = commands.add_parser("acme", help="start a CA that speaks ACME beside the client")
    command.add_argument("--stop", action="store_true", help="end it")
    command.add_argument(
        "--account",
        action="append",
        default=[],
        metavar="KID=KEY",
        help="an external account, which every account then needs",
    )


def parse(argv: t.Sequence[str]) -> argparse.Namespace:
    """Return the arguments of the command line. Those of "exec" keep their own options."""
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    parser.add_argument("-i", "--inventory", action="append", help="default: inventories/lab")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser(
        "up", help="build and boot, or change what differs from the inventory"
    )
    command.add_argument("--debian12", nargs="+", default=[], metavar="HOST", help="not Debian 13")
    command = commands.add_parser("down", help="remove all but the cache")
    command.add_argument("--force", action="store_true", help="also if another clone's lab is up")
    commands.add_parser("status", help="exit 0 if all is up")
    commands.add_parser("next", help="say where the service is, and what to try next")
    for name, does in (("start", "power hosts on"), ("stop", "power hosts off")):
        command = commands.add_parser(name, help=does)
        command.add_argument("hosts", nargs="+", metavar="host")
    command.add_argument("--kill", action="store_true", help="cut its power")
    _add_images(commands)
    command = commands.add_parser("retag", help="move a tag of the mirror to another build")
    command.add_argument("image", help="such as peerlb-lab/static:1")
    command.add_argument("revision", help="what the label of the build says")
    command = commands.add_parser("exec", help="run a command in a host's network namespace")
    command.add_argument("name", help="a host, or fabric, or mgmt")
    command.add_argument("argv", nargs=argparse.REMAINDER)
    return parser.parse_args(argv)


# What "make demo" ends with.
NEXT = """
The service, for a browser on this machine:
    {url}
    {url}connection    asks MySQL, through the load balancer
Who reaches whom, as a page:
    {clone}/report/peerlb-report.html
Try next (docs/first-tour.md goes on from there):
    .venv/bin/ansible-playbook playbooks/lb_status.yml
    .venv/bin/ansible-playbook playbooks/set_weights.yml -e weights=web1=3,web2=1
    .venv/bin/ansible-playbook playbooks/drain.yml -e member=web2
Remove all of it:
    make down
"""

# The CA of the lab's inventory, where its peerlb_ca_dir has it.
OWN_CA = CLONE / ".lab/secrets/ca/ca.pem"
BY_TLS = """\
The same in TLS, by a certificate of a CA that is the inventory's own:
    {url}
Let a browser trust that CA (Settings, Certificates, Authorities) only while you use the lab:
    {ca}
Or ask without a browser:
    curl --cacert {ca} {url}
"""

# The commands that do not need the inventory.
WITHOUT_PLAN: dict[str, t.Callable[[argparse.Namespace], None]] = {
    "down": lambda args: down(args.force),
    "images": lambda args: serve_images(args.names),
    "next": lambda _args: show_next(),
    "retag": lambda args: move_tag(args.image, args.revision),
}


def main(argv: t.Sequence[str]) -> int:
    """Run one command and return its exit code."""
    args = parse(argv)
    os.environ["PATH"] += ":/usr/sbin:/sbin"  # nft is there, and some shells do not look there
    if args.command == "exec":
        execute(args.name, args.argv)
    if args.command in WITHOUT_PLAN:
        with state.lock(0 if args.command == "down" else 60):
            WITHOUT_PLAN[args.command](args)
        return 0
    preflight.check_root()
    from . import inventory  # not above: Ansible writes to the home directory when it is imported

    plan = make_plan(inventory.load(args.inventory or [str(CLONE / "inventories/lab")]))
    if args.command == "status":
        return 0 if status(plan) else 1
    with state.lock(0 if args.command == "up" else 60):
        if args.command == "up":
            up(plan, args.debian12)
        elif args.command == "acme":
            serve_acme(plan, stop=args.stop, accounts=args.account)
        elif args.command == "start":
            start(plan, args.hosts)
        else:
            stop(plan, args.hosts, args.kill)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (LabError, PlanError) as exc:
        sys.exit(f"lab: {exc}")
    except KeyboardInterrupt:
        sys.exit("lab: interrupted; python -m lab down removes what was built")

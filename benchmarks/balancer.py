# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure requests a second through the load balancer, directly, and through HAProxy (root).

    benchmarks/balancer.py [--rounds 5] [--seconds 4] [--connections 64] [-e VARIABLE=VALUE]...

The lab must be up and deployed. All of it shares this machine's cores: wrk in the namespace of the
client, the balancer, and behind it, in the application's place, a small nginx on each web host.
"nginx" is the role's container as it is deployed, with its access log. HAProxy runs in the load
balancer's namespace on the same port, with the same members, headers, kept-alive connections and
fields in its log, which goes to a file. "direct" is wrk in the load balancer's namespace asking one
member. Every round measures each once, so that what else this machine does falls on all; the table
shows medians.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
BALANCER, MEMBERS = "10.0.0.2", {"web1": "10.1.0.2", "web2": "10.1.0.3"}
LOGS = {
    "http": """'{"time":"%tr","client":"%ci","request_id":"%ID","method":"%HM",'\
'"host":"%[var(txn.host)]","uri":"%HU","status":%ST,"bytes":%B,"seconds":%Ta,"listener":"%fp","pool":"%b",'\
'"upstream":"%si:%sp","upstream_connect":%Tc,"upstream_seconds":%Tr}'""",
    "tcp": """'{"time":"%t","client":"%ci","listener":"%fp","upstream":"%si:%sp","state":"%ts",'\
'"sent":%B,"received":%U,"seconds":%Tt,"upstream_connect":%Tc}'""",
}
HEADERS = """
  http-request set-var(txn.host) req.hdr(host)
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Real-IP %[src]
  unique-id-format %{+X}o%ci%cp%Ts%rt
  unique-id-header X-Request-Id
  http-response set-header X-Request-Id %[unique-id]
  http-reuse always
"""


def play(name: str, extra: t.Sequence[str] = (), **variables: t.Any) -> None:
    command = [str(BIN / "ansible-playbook"), "-i", "inventories/lab", name]
    for words in (json.dumps(variables), *extra):
        command += ["-e", words]
    env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def on_balancer(command: str) -> None:
    argv = [str(BIN / "ansible"), "-i", "inventories/lab", "lb1", "-b", "-a", command]
    subprocess.run(argv, cwd=ROOT, check=True, capture_output=True)


def inside(name: str, *argv: str) -> list[str]:
    return ["nsenter", f"--net=/run/netns/peerlb-{name}", "--", *argv]


def measure(name: str, url: str, args: argparse.Namespace) -> float:
    """Return the requests a second that wrk reports; anything but 200 ends the benchmark."""
    options = ["-t", "2", "-c", str(args.connections), "-d", f"{args.seconds}s"]
    command = inside(name, "wrk", *options, url)
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"{url}: {text}")
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", text)[0])


def haproxy_file(mode: str) -> str:
    servers = "".join(f"  server {name} {ip}:3000\n" for name, ip in MEMBERS.items())
    return (
        "global\n  maxconn 8192\n  log stdout format raw daemon\n"
        "defaults\n  timeout connect 1s\n  timeout client 75s\n  timeout server 60s\n"
        f"listen all\n  bind :80\n  mode {mode}\n  balance roundrobin\n  log global\n"
        f"  log-format {LOGS[mode]}\n{HEADERS if mode == 'http' else ''}{servers}"
    )


@contextlib.contextmanager
def haproxy(mode: str) -> t.Iterator[None]:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "haproxy.cfg")
        file.write_text(haproxy_file(mode), encoding="utf-8")
        command = inside("lb1", "haproxy", "-db", "-f", str(file))
        with (
            Path(place, "access.log").open("wb") as log,
            subprocess.Popen(command, stdout=log, stderr=subprocess.DEVNULL) as process,
        ):
            time.sleep(0.5)
            yield
            process.terminate()


def one_round(args: argparse.Namespace, found: dict[str, list[float]]) -> None:
    url = f"http://{BALANCER}/"
    found["direct"].append(measure("lb1", f"http://{MEMBERS['web1']}:3000/", args))
    for mode in ("http", "tcp"):
        listeners = [{"port": 80, "protocol": mode}]
        play("playbooks/nginx_lb.yml", args.extra, peerlb_listeners=listeners)
        found[f"nginx {mode}"].append(measure("client", url, args))
    on_balancer("docker stop peerlb-nginx")
    for mode in ("http", "tcp"):
        with haproxy(mode):
            found[f"HAProxy {mode}"].append(measure("client", url, args))
    on_balancer("docker start peerlb-nginx")


def show(found: dict[str, list[float]]) -> None:
    medians = {name: statistics.median(values) for name, values in found.items()}
    heads = ("", "requests/s", "lowest", "highest", "of direct", "of HAProxy")
    print("{:<14}{:>12}{:>10}{:>10}{:>11}{:>12}".format(*heads))
    for name, median in medians.items():
        low, high = min(found[name]), max(found[name])
        rival = medians.get(name.replace("nginx", "HAProxy"), median)
        ratio = f"{median / rival:.2f}" if name.startswith("nginx") else ""
        share = median / medians["direct"]
        print(f"{name:<14}{median:>12,.0f}{low:>10,.0f}{high:>10,.0f}{share:>11.2f}{ratio:>12}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("-e", dest="extra", action="append", default=[], help="for the role")
    args = parser.parse_args()
    names = ("direct", "nginx http", "HAProxy http", "nginx tcp", "HAProxy tcp")
    found: dict[str, list[float]] = {name: [] for name in names}
    play("molecule/operate/standin.yml", standin=True)
    try:
        for _each in range(args.rounds):
            one_round(args, found)
    finally:
        play("playbooks/nginx_lb.yml")
        play("molecule/operate/standin.yml", standin=False)
    show(found)


if __name__ == "__main__":
    main()

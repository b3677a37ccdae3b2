# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the probes of one host: 10, 100 and 1,000 targets, from a web host of the lab (root).

    benchmarks/verification.py

The lab must be up and deployed. One target in ten is MySQL behind the load balancer and completes
its handshake; the others are ports on which every packet is dropped, so that each costs the whole
time-out of 2 s: a host that probed them one by one would take half an hour.
"""

from __future__ import annotations

import json
import subprocess
import sys

PROBE = """
import json, resource, sys, time
from ansible_collections.peerlb.stack.plugins.module_utils._probe.target import (
    parse_targets, summary,
)
from ansible_collections.peerlb.stack.plugins.module_utils._probe.sweep import probe_all
from ansible_collections.peerlb.stack.plugins.modules.reachability import ARGUMENT_SPEC
targets = [
    dict(name=f"t{n}", address="10.0.0.2", port=4000 + n, expect="closed") if n % 10 else
    dict(name=f"t{n}", address="10.0.0.2", port=3306, protocol="mysql")
    for n in range(int(sys.argv[1]))
]
begun = time.monotonic()
limits = [ARGUMENT_SPEC[key]["default"] for key in ("timeout", "concurrency")]
told = summary(probe_all(parse_targets(targets), *limits))
told.update(seconds=time.monotonic() - begun)
told.update(mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
print(json.dumps(told))
"""


def main() -> None:
    for count in (10, 100, 1000):
        command = ["ip", "netns", "exec", "peerlb-web1", sys.executable, "-c", PROBE, str(count)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        told = json.loads(done.stdout)
        if told["mismatched"]:
            sys.exit(f"{told['mismatched']} of {count} targets are not as expected: {told}")
        text = f"{told['seconds']:.1f} s, {told['mib']:.0f} MiB at most"
        print(f"{f'verification of {count:,} targets from one host':<52} {text}", flush=True)


if __name__ == "__main__":
    main()

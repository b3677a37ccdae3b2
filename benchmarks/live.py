# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure live pools, with the lab image's nginx on loopback (root).

    make bench live        benchmarks/live.py [PART…] [--minutes 10] [--changes 10000] [--rounds 40]

lost: POSTs while the answer of the name server changes each second: members and weights at once,
and one member takes no connections part of the time. nginx has 8 workers. MINUTES=10 makes it long.
cost: a live pool beside the same pool written statically: CPU and throughput, in turn.
ROUNDS=40 tells more on a busy machine.
growth: changes of weights with 50 sessions held. As nginx asks once a second, several pools change
at once. CHANGES=10000 makes it long.
unit: the CPU of the unit that probes 1,000 members.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import typing as t
from pathlib import Path

from ansible.plugins.loader import init_plugin_loader

PARTS = ("lost", "cost", "growth", "unit")
SHORT_MINUTES = 1 / 3


def main(arguments: t.Sequence[str] | None = None) -> None:
    """Measure what the arguments name, or all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--minutes", type=float, default=os.environ.get("MINUTES", SHORT_MINUTES))
    parser.add_argument("--changes", type=int, default=os.environ.get("CHANGES", "1000"))
    parser.add_argument("--rounds", type=int, default=os.environ.get("ROUNDS", "24"))
    args = parser.parse_args(arguments)
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    init_plugin_loader()
    from livepools import cost, growth, lost, unit

    parts: dict[str, t.Callable[[Path], None]] = {
        "lost": lambda home: lost.measure(home, args.minutes * 60),
        "cost": lambda home: cost.measure(home, args.rounds, 1),
        "growth": lambda home: growth.measure(home, args.changes),
        "unit": unit.measure,
    }
    for name in args.parts or PARTS:
        with tempfile.TemporaryDirectory(prefix="peerlb-live-") as home:
            parts[name](Path(home))


if __name__ == "__main__":
    main()

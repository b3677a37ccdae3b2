# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the unit says to whoever reads the journal."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """Write a line, which systemd passes on to the journal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build root file systems from Debian packages, with the package sources of this machine."""

from __future__ import annotations

import functools
import platform
import re
import shlex
from pathlib import Path

from .cache import run_builder
from .run import LabError, run

RECIPES = Path(__file__).with_name("recipes")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
# Settings of this machine's apt that mmdebstrap's apt needs too, such as a proxy.
CARRIED = ("Acquire::Check-Valid-Until", "Acquire::Check-Date", "Acquire::http", "Acquire::https")


def sources(suite: str) -> list[str]:
    """Return this machine's package sources, changed to another suite of Debian.

    Example: ["deb [signed-by=…] … trixie main", …]
    """
    codename = re.search(r"^VERSION_CODENAME=(\w+)", _os_release(), re.MULTILINE)
    here = codename[1] if codename else "no codename"
    lines = []
    for uri, release, component in _machine_sources():
        pocket = release.removeprefix(here)
        if component != "main" or not release.startswith(here) or (suite == "sid" and pocket):
            continue
        if pocket in ("", "-updates", "-security"):
            lines.append(f"deb [signed-by={KEYRING}] {uri} {suite}{pocket} main")
    if not lines:
        raise LabError("apt's configuration has no source of Debian packages for " + here)
    return lines


@functools.cache
def _machine_sources() -> list[tuple[str, ...]]:
    shown = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)")
    return sorted({tuple(line.split()) for line in shown.splitlines()})


@functools.cache
def options() -> list[str]:
    """Return apt's settings for reaching its sources, such as 'Acquire::http::Proxy "http://…";'."""
    dump = run("apt-config", "dump", "--format", '%F "%v";%n', *CARRIED)
    return [line for line in dump.splitlines() if line and '""' not in line]


def recipe(name: str, suite: str) -> list[str | bytes | Path]:
    """Return everything that a root file system is built from, for its name in the cache."""
    return [*sources(suite), *options(), platform.machine(), RECIPES / name, BUNDLE]


def bootstrap(name: str, suite: str, variant: str, target: Path, *more: str) -> None:
    """Build *target*, a directory or a .tar file, from recipes/<name>.

    A recipe has three parts: packages, one on each line; files/, which is copied to the target's
    root; and the script customize, which gets the root's path. *more* are options of mmdebstrap.
    """
    here = RECIPES / name
    packages = [line.split("#")[0].strip() for line in (here / "packages").read_text().splitlines()]
    argv = ["mmdebstrap", "--quiet", "--mode=root", f"--variant={variant}"]
    argv += [f"--include={','.join(filter(None, packages))}"]
    argv += [f"--aptopt={line}" for line in options()]
    argv.append("--dpkgopt=force-unsafe-io")  # the cache writes to the disk once, at the end
    argv += more
    if (here / "files").is_dir():
        argv.append(f"--customize-hook=sync-in {shlex.quote(str(here / 'files'))} /")
    argv.append(f"--customize-hook={here / 'customize'}")
    run_builder(*argv, suite, target, *sources(suite))


def _os_release() -> str:
    try:
        return Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return ""

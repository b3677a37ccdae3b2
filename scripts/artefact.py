# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the collection's artefact and test it as users get it.

The artefact must hold the right files, pass Galaxy's importer, and work when it is installed in an
empty folder, away from the clone. The first failure ends the run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

NAME = "peerlb.stack"
ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".cache" / "artefact"
PLACE = WORK / "place"
CONTENT = [
    ":(glob)*.md",
    "LICENSE",
    "docs",
    "inventories/example",
    "meta",
    "playbooks",
    "plugins",
    "roles",
]
# Ansible then ignores the link in .venv, so nothing is read from the clone.
ALONE = {"ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false"}
WRITTEN_BY_BUILD = {"FILES.json", "MANIFEST.json"}


def output(*command: str | Path, cwd: Path = ROOT, **variables: str) -> str:
    """Return stdout and stderr of a command. A command that fails ends the run."""
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(PLACE), **variables}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\nartefact: rc {done.returncode}: {' '.join(map(str, command))}")
    return done.stdout


def build() -> Path:
    """Return the path of a newly built artefact."""
    shutil.rmtree(WORK, ignore_errors=True)
    PLACE.mkdir(parents=True)
    output("ansible-galaxy", "collection", "build", "--output-path", WORK, ".")
    (artefact,) = WORK.glob("*.tar.gz")
    return artefact


def check_contents(artefact: Path) -> None:
    """Fail unless the artefact holds exactly the collection's files of the working tree."""
    listed = output("git", "ls-files", "--cached", "--others", "--exclude-standard", *CONTENT)
    wanted = {name for name in listed.splitlines() if (ROOT / name).is_file()}
    with tarfile.open(artefact) as tar:
        inside = {member.name for member in tar if not member.isdir()} - WRITTEN_BY_BUILD
    if inside != wanted:
        missing, unexpected = sorted(wanted - inside), sorted(inside - wanted)
        sys.exit(f"artefact: missing {missing}, unexpected {unexpected}")
    print(f"contents: {len(inside)} files")


def check_importer(artefact: Path) -> None:
    """Fail on any warning of Galaxy's importer, which exits 0 in spite of warnings."""
    log = output(
        "python",
        "-m",
        "galaxy_importer.main",
        artefact,
        cwd=WORK,
        GALAXY_IMPORTER_CHECK_REQUIRED_TAGS="true",
    )
    if re.search(r"^(WARNING|ERROR)", log, re.MULTILINE) or "completed successfully" not in log:
        sys.exit(f"{log}\nartefact: galaxy-importer warns")
    print("importer: no warning")


def install(artefact: Path) -> None:
    """Install the artefact in an empty folder."""
    # Without --force, ansible-galaxy takes the link in .venv for an installed collection.
    flags: list[str | Path] = ["--force", "--no-deps", "--offline", "--collections-path", PLACE]
    output("ansible-galaxy", "collection", "install", *flags, artefact, cwd=PLACE)


def check_documentation() -> None:
    """Fail unless ansible-doc shows each role, module, lookup and filter that is installed."""
    sources = {
        "module": {path.stem for path in (ROOT / "plugins/modules").glob("[!_]*.py")},
        "role": {path.parent.parent.name for path in (ROOT / "roles").glob("*/tasks/main.yml")},
        "lookup": {path.stem for path in (ROOT / "plugins/lookup").glob("[!_]*.py")},
        "filter": set(),  # a file can define several, so any that ansible-doc lists will do
    }
    for kind, wanted in sources.items():
        listing = output("ansible-doc", "-t", kind, "-l", "--json", NAME, cwd=PLACE, **ALONE)
        listed = set(json.loads(listing))
        missing = {f"{NAME}.{name}" for name in wanted} - listed
        if missing or not listed:
            sys.exit(f"artefact: ansible-doc lists no {kind} {sorted(missing) or 'at all'}")
        for name in sorted(listed):
            page = output("ansible-doc", "-t", kind, name, cwd=PLACE, **ALONE)
            if name not in page:
                sys.exit(f"artefact: {kind} {name} has no documentation:\n{page}")
        print(f"documentation: {len(listed)} {kind}s")


def check_playbooks() -> None:
    """Fail unless each playbook passes a syntax check when called by its full name."""
    files = {path.name for path in (ROOT / "playbooks").glob("*.yml")}
    names = sorted(name[:-4] for name in files if not name.endswith(".meta.yml"))
    if not names:
        sys.exit("artefact: there is no playbook")
    for name in names:
        output("ansible-playbook", "--syntax-check", "-i", "host,", f"{NAME}.{name}", cwd=PLACE)
    print(f"playbooks: {len(names)}")


def check_inventory() -> None:
    """Fail unless the installed collection makes an inventory that its check accepts."""
    project = WORK / "project"
    project.mkdir()
    made = ["ansible-playbook", f"{NAME}.new_inventory", "-e", "dir=inventories/mine"]
    output(*made, cwd=project, **ALONE)
    output("ansible-playbook", "-i", "inventories/mine", f"{NAME}.check", cwd=project, **ALONE)
    print("inventory: made and checked")


def check_page() -> None:
    """Fail unless an installed filter makes an HTML page with its templates and stylesheet."""
    audit = {
        "findings": [],
        "summary": {"error": 0, "warning": 0, "info": 0},
        "ways_out": [],
        "judged": {"project": "acme", "vms": 0, "flows": 0, "rules": 0, "policies": 0},
    }
    call = ["ansible", "localhost", "-m", "ansible.builtin.debug"]
    call += ["-a", f"msg={{{{ audit | {NAME}.audit_html }}}}", "-e", json.dumps({"audit": audit})]
    page = output(*call, cwd=PLACE, **ALONE)
    if "</html>" not in page or "--page:" not in page:
        sys.exit(f"artefact: no page is made:\n{page}")
    print("page: made")


def main() -> None:
    """Run all tests of the artefact."""
    artefact = build()
    check_contents(artefact)
    check_importer(artefact)
    install(artefact)
    check_documentation()
    check_playbooks()
    check_inventory()
    check_page()


if __name__ == "__main__":
    main()

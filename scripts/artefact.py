# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the collection and look at the artefact as its user gets it.

What is inside, what Galaxy's importer says, and whether it can be read and called once it is
installed in an empty place, away from the clone. The first finding ends the run.
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
CONTENT = [":(glob)*.md", "LICENSE", "docs", "meta", "playbooks", "plugins", "roles"]
# Without the link in .venv: nothing may be read from the clone.
ALONE = {"ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false"}
WRITTEN_BY_BUILD = {"FILES.json", "MANIFEST.json"}


def output(*command: str | Path, cwd: Path = ROOT, **variables: str) -> str:
    """Run a command and return what it said, on both streams."""
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
    shutil.rmtree(WORK, ignore_errors=True)
    PLACE.mkdir(parents=True)
    output("ansible-galaxy", "collection", "build", "--output-path", WORK, ".")
    (artefact,) = WORK.glob("*.tar.gz")
    return artefact


def check_contents(artefact: Path) -> None:
    """Exactly the working tree's files of the collection, neither more nor less."""
    listed = output("git", "ls-files", "--cached", "--others", "--exclude-standard", *CONTENT)
    wanted = {name for name in listed.splitlines() if (ROOT / name).is_file()}
    with tarfile.open(artefact) as tar:
        inside = {member.name for member in tar if not member.isdir()} - WRITTEN_BY_BUILD
    if inside != wanted:
        sys.exit(f"artefact: lacks {sorted(wanted - inside)}, has too {sorted(inside - wanted)}")
    print(f"contents: {len(inside)} files")


def check_importer(artefact: Path) -> None:
    """The importer exits 0 with warnings: each of them is an error here."""
    said = output(
        "python",
        "-m",
        "galaxy_importer.main",
        artefact,
        cwd=WORK,
        GALAXY_IMPORTER_CHECK_REQUIRED_TAGS="true",
    )
    if re.search(r"^(WARNING|ERROR)", said, re.MULTILINE) or "completed successfully" not in said:
        sys.exit(f"{said}\nartefact: the importer is not content")
    print("importer: no warning")


def install(artefact: Path) -> None:
    # Forced, since the link in .venv counts as installed.
    flags: list[str | Path] = ["--force", "--no-deps", "--offline", "--collections-path", PLACE]
    output("ansible-galaxy", "collection", "install", *flags, artefact, cwd=PLACE)


def check_documentation() -> None:
    """Each role, module and filter of the installed collection documents itself."""
    sources = {
        "module": {path.stem for path in (ROOT / "plugins/modules").glob("[!_]*.py")},
        "role": {path.parent.parent.name for path in (ROOT / "roles").glob("*/tasks/main.yml")},
        "lookup": {path.stem for path in (ROOT / "plugins/lookup").glob("[!_]*.py")},
        "filter": set(),  # one file may hold many: what ansible-doc lists must be readable
    }
    for kind, wanted in sources.items():
        listing = output("ansible-doc", "-t", kind, "-l", "--json", NAME, cwd=PLACE, **ALONE)
        listed = set(json.loads(listing))
        lacking = {f"{NAME}.{name}" for name in wanted} - listed
        if lacking or not listed:
            sys.exit(f"artefact: ansible-doc lists no {kind} {sorted(lacking) or 'at all'}")
        for name in sorted(listed):
            page = output("ansible-doc", "-t", kind, name, cwd=PLACE, **ALONE)
            if name not in page:
                sys.exit(f"artefact: {kind} {name} has no documentation:\n{page}")
        print(f"documentation: {len(listed)} {kind}s")


def check_playbooks() -> None:
    """Each playbook can be called by its full name."""
    files = {path.name for path in (ROOT / "playbooks").glob("*.yml")}
    names = sorted(name[:-4] for name in files if not name.endswith(".meta.yml"))
    if not names:
        sys.exit("artefact: there is no playbook")
    for name in names:
        output("ansible-playbook", "--syntax-check", "-i", "host,", f"{NAME}.{name}", cwd=PLACE)
    print(f"playbooks: {len(names)}")


def check_page() -> None:
    """A filter makes a page: the installed collection finds its templates and stylesheet."""
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
    artefact = build()
    check_contents(artefact)
    check_importer(artefact)
    install(artefact)
    check_documentation()
    check_playbooks()
    check_page()


if __name__ == "__main__":
    main()

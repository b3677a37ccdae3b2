# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run steps, each of which tests one thing about the repository, and count which passed.

    scripts/test.py check         the quick steps, without a lab, and without a network once the
                                  tools are installed
    scripts/test.py all           the quick and the slow steps, and the steps on the lab
    scripts/test.py STEP...       the named steps

The output of a step goes to .cache/test/STEP.log. If the step fails, the end of its log is shown.
The steps on the lab run one after the other, because the lab is one. Most of their time they wait,
so the other steps run beside them, with what the lab leaves of the processors. Without the lab,
quick steps run two at a time, slow steps one at a time. The last lines name the tests that failed,
and read "N passed, N failed".
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / ".cache" / "test"
TAIL = 60  # lines of a failed step's log
# How the tools name what failed: pytest a test, with its error, and Ansible a task.
FAILURE = re.compile(r"^[\s'\"-]*((?:FAILED|ERROR) \S+::.*|\[ERROR\]: .*|fatal: .*)")
FAILURES = 5  # of a step, in the summary
WIDTH = 300  # characters of a failure in the summary
TIMEOUT = 3600  # seconds a step may take before it counts as hung

# In a network namespace of its own, where only its loopback device can be reached.
OFFLINE = "unshare -rn sh -ec 'ip link set lo up; exec \"$@\"' sh"

CHECK = {  # the longest steps first
    "ansible-lint": "ansible-lint --strict --nocolor",
    "unit": "python -m pytest -q -n 2 -m 'not slow'",
    "sanity": "scripts/sanity quick",
    # antsibull-nox has sessions for this step and the next. They pass without doing anything
    # unless they may make environments of their own, which takes minutes and a network.
    "docs": "antsibull-docs lint-collection-docs --plugin-docs --check-extra-docs-refs"
    " --validate-collection-refs dependent .",
    "ruff": "ruff check . && ruff format --check .",
    "imports": "lint-imports --no-cache",
    # antsibull-nox would read the collection alone, without lab, scripts and benchmarks.
    "mypy": "mypy",
    "antsibull-nox": "nox --no-venv --session"
    " yamllint extra-checks license-check antsibull-nox-config",
    "workflows": "check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*",
    "shellcheck": "shellcheck $(git grep -lE '^#!.*[/ ](ba)?sh( |$)')",
    "hadolint": "hadolint $(git ls-files '*Dockerfile*')",
    "changelog": "antsibull-changelog lint",
    "nginx-files": "python scripts/nginx_files.py",
    "gcp": f"{OFFLINE} python -m pytest -q tests/gcp/module",
}
SLOW = {
    "sanity-pylint": "scripts/sanity pylint",
    "unit-slow": "python -m pytest -q -n 2 -m slow",
    # antsibull-nox lets pass what galaxy-importer warns of.
    "artefact": "python scripts/artefact.py",
    "site": "scripts/docs",
    "browser": "python -m pytest -q tests/browser",
    # Each of these tests starts ansible-playbook.
    "playbooks": "python -m pytest -q -n 2 tests/playbooks",
    # Each of these tests starts Ansible or gcloud.
    "gcp-processes": f"{OFFLINE} python -m pytest -q -n 2 tests/gcp/processes",
}
LAB = {
    # "default" deploys on bare hosts. The next scenarios use that, and "destroy" removes the lab.
    "default": "molecule destroy -s default && molecule test -s default --destroy=never",
    "newest": "molecule test -s newest --destroy=never",
    "refuse": "molecule test -s refuse --destroy=never",
    "contract": "molecule test -s contract --destroy=never",
    "firewall": "molecule test -s firewall --destroy=never",
    "operate": "molecule test -s operate --destroy=never",
    "pools": "molecule test -s pools --destroy=never",
    "hosts": "molecule test -s hosts --destroy=never",
    "applications": "molecule test -s applications --destroy=never",
    "cloud": "molecule test -s cloud --destroy=never",
    "edge": "molecule test -s edge --destroy=never",
    "destroy": "molecule destroy -s default",
}
STEPS = {**CHECK, **SLOW, **LAB}
BESIDE = 10  # the niceness of the steps beside the lab
IN_TIME = ("artefact",)  # galaxy-importer gives ansible-lint three minutes


RUNNING: set[subprocess.Popen[bytes]] = set()


def execute(command: str, output: t.BinaryIO, niceness: int) -> bool:
    """Return whether a command succeeds. Its process group ends with it."""
    process = subprocess.Popen(
        ["nice", "-n", str(niceness), "bash", "-euo", "pipefail", "-c", command],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    RUNNING.add(process)
    try:
        return process.wait(TIMEOUT) == 0
    except subprocess.TimeoutExpired:
        output.write(f"\nstopped after {TIMEOUT} s\n".encode())
        os.killpg(process.pid, signal.SIGKILL)
        return False
    finally:
        RUNNING.discard(process)


def stop(signum: int, _frame: t.Any) -> t.NoReturn:
    """Pass a signal on to the steps, which do not get it by themselves, and exit."""
    for process in list(RUNNING):
        os.killpg(process.pid, signum)
    os._exit(128 + signum)


def run(name: str, niceness: int = 0) -> bool:
    """Return whether a step passes, and print its result."""
    log = LOGS / f"{name}.log"
    begun = time.monotonic()
    with log.open("wb") as output:
        passed = execute(STEPS[name], output, niceness)
    word = "ok" if passed else "FAILED"
    lines = [f"{name:<14} {word:<7} {time.monotonic() - begun:6.1f} s"]
    if not passed:
        lines += [f"    {line}" for line in log.read_text(errors="replace").splitlines()[-TAIL:]]
    print("\n".join(lines), flush=True)
    return passed


def failures(name: str) -> list[str]:
    """Return the lines that the summary shows of a failed step."""
    lines = (LOGS / f"{name}.log").read_text(errors="replace").splitlines()
    found = [match[1] for line in lines if (match := FAILURE.match(line))]
    # The error of a test tells more than the task that ran the tests.
    found.sort(key=lambda line: "::" not in line)
    return [f"{name}: {line[:WIDTH]}" for line in (found or lines[-1:])[:FAILURES]]


def environment() -> dict[str, str]:
    """Return the steps' environment: the tools of .venv, and none of the caller's ANSIBLE_*."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    return {
        **kept,
        "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
        "NO_COLOR": "1",
        "CI": "true",  # pytest then cuts no error short
        "ANSIBLE_NOCOLOR": "1",
        "MOLECULE_GLOB": "molecule/*/molecule.yml",
    }


def take(names: t.Sequence[str], workers: int, niceness: int) -> dict[str, bool]:
    """Run some of the steps, so many at a time, and return by name which pass."""
    as_nice = [0 if name in IN_TIME else niceness for name in names]
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return dict(zip(names, pool.map(run, names, as_nice), strict=True))


def run_all(names: t.Sequence[str]) -> dict[str, bool]:
    """Run the steps, and return by name which pass."""
    lab = [name for name in names if name in LAB]
    quick = [name for name in names if name in CHECK]
    slow = [name for name in names if name not in lab + quick]
    niceness = BESIDE if lab else 0
    with ThreadPoolExecutor(max_workers=1) as beside:
        on_lab = beside.submit(take, lab, 1, 0)
        return {**take(quick, 2, niceness), **take(slow, 1, niceness), **on_lab.result()}


def main(arguments: list[str]) -> int:
    """Run the steps that the arguments name, and return the exit code."""
    groups = {"check": CHECK, "all": {**CHECK, **SLOW, **LAB}}
    names = [name for word in arguments or ["all"] for name in groups.get(word, [word])]
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        print(f"no such step: {', '.join(unknown)}; there are: {', '.join(STEPS)}")
        return 2
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, stop)
    LOGS.mkdir(parents=True, exist_ok=True)
    results = run_all(names)
    for name in names:
        if not results[name]:
            print("\n".join(failures(name)))
    passed = list(results.values())
    print(f"{passed.count(True)} passed, {passed.count(False)} failed")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

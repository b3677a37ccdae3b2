# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The import contract notices a fault that is planted in a copy of the plugins."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from support import ROOT

COLLECTION = "ansible_collections.peerlb.stack.plugins"
Lint = t.Callable[[], subprocess.CompletedProcess[str]]


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    copy = tmp_path / "ansible_collections/peerlb/stack/plugins"
    shutil.copytree(ROOT / "plugins", copy, ignore=shutil.ignore_patterns("__pycache__"))
    # Without this file Python would prefer the ansible_collections of the environment to the copy.
    (tmp_path / "ansible_collections/__init__.py").touch()
    return copy


@pytest.fixture
def lint(tmp_path: Path, plugins: Path) -> Lint:
    """Check the contract of the repository on the copy."""

    def run() -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).with_name("lint-imports")
        return subprocess.run(
            [program, "--no-cache", "--config", ROOT / ".importlinter"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path), "NO_COLOR": "1", "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_copy_keeps_the_contract(lint) -> None:
    done = lint()
    assert done.returncode == 0, done.stdout
    assert "Contracts: 12 kept, 0 broken." in done.stdout


@pytest.mark.parametrize(
    ("where", "what", "broken"),
    [
        ("module_utils/_probe/target.py", "plugin_utils._inventory", "1 What runs on hosts"),
        ("plugin_utils/_inventory.py", "filter.topology", "2 Modules and filters are wiring"),
        ("module_utils/_nginx/pool.py", "module_utils._topology.model", "3 Both sides"),
        ("module_utils/_gcp/rules/judge.py", "module_utils._gcp.audit.audit", "4 The cloud"),
        ("module_utils/_gcp/audit/audit.py", "module_utils._path.host", "5 The cloud knows"),
        ("module_utils/_release/store.py", "module_utils._topology.model", "6 A release knows"),
        ("plugin_utils/_derive/flows.py", "plugin_utils._proof.proof", "7 The controller"),
        ("plugin_utils/_report/data/report.py", "plugin_utils._report.page.page", "8 A report"),
        ("plugin_utils/_derive/flows.py", "import socket", "9 What is pure"),
        ("plugin_utils/_derive/flows.py", "module_utils._files.writing", "9 What is pure"),
        ("plugin_utils/_report/page/page.py", "import jinja2", "9 What is pure"),
        ("module_utils/_live/agent.py", "module_utils._topology.model", "10 The unit"),
        ("module_utils/_values/ranges.py", "module_utils._topology.model", "11 No circles"),
        ("module_utils/_unplaced/__init__.py", "import json", "3 Both sides"),
        ("plugin_utils/_unplaced/__init__.py", "import json", "7 The controller"),
    ],
)
def test_a_planted_fault_breaks_it(plugins, lint, where, what, broken) -> None:
    """A fault is an import that a rule forbids, or a package that stands in no layer."""
    file = plugins / where
    file.parent.mkdir(exist_ok=True)
    plain = what.startswith("import ")
    line = what if plain else f"from {COLLECTION}.{what} import __name__ as _planted"
    before = file.read_text() if file.exists() else "from __future__ import annotations\n"
    future = "from __future__ import annotations\n"
    file.write_text(before.replace(future, f"{future}{line}\n", 1))
    done = lint()
    assert done.returncode == 1, done.stdout
    summary = done.stdout.partition("Broken contracts")[0]
    assert [line for line in summary.splitlines() if line.startswith(broken) and "BROKEN" in line]

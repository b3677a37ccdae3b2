# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs for which the fake is all of Google."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from support import ROOT


@pytest.fixture
def command(fake, tmp_path) -> t.Callable[..., subprocess.CompletedProcess]:
    """Run a program of .venv or of PATH in a directory, with the fake as its proxy."""

    def run(
        program: str, *words: t.Any, cwd: Path = ROOT, **variables: str
    ) -> subprocess.CompletedProcess:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE")}
        environment = {
            **kept,
            **fake.environment(),
            "HOME": str(tmp_path),
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_LOCAL_TEMP": str(tmp_path / "local"),
            "ANSIBLE_REMOTE_TEMP": str(tmp_path / "remote"),
            "ANSIBLE_NOCOLOR": "1",
            **variables,
        }
        path = Path(sys.executable).parent / program
        return subprocess.run(
            [path if path.exists() else program, *map(str, words)],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run

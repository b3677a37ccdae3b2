# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess
import sys

import pytest
from ansible.errors import AnsibleLookupError
from ansible_collections.peerlb.stack.plugins.lookup.pool_agent import LookupModule, program
from support.balancer import until


def test_program_runs_by_python_alone(tmp_path) -> None:
    """It stands in a directory of its own, without Ansible and without the collection."""
    for path, text in program().items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    words = [sys.executable, "-I", "-B", "-W", "error", str(tmp_path / "agent")]
    done = subprocess.run(
        [*words, "--stopped", str(tmp_path)], capture_output=True, text=True, check=False, env={}
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    # -S, because a virtual environment loads modules of its own at the start.
    script = "import sys; sys.path.insert(0, sys.argv[1]); import peerlb._live.agent"
    words = [sys.executable, "-I", "-S", "-B", "-c", f"{script}; print(*sys.modules)"]
    loaded = subprocess.run(
        [*words, str(tmp_path / "agent")], capture_output=True, text=True, check=True
    )
    outside = {name.split(".")[0] for name in loaded.stdout.split()} - set(sys.stdlib_module_names)
    assert outside - {"peerlb", "__main__"} == set()


def test_program_keeps_bans_by_python_alone(tmp_path) -> None:
    """The unit peerlb-guard makes the flags of what is wanted when it starts."""
    for path, text in program().items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    root = tmp_path / "nginx"
    root.mkdir()
    (root / "bans.json").write_text('{"bans": [{"range": "203.0.113.7"}], "changes": []}')
    words = [sys.executable, "-I", "-S", "-B", "-W", "error", str(tmp_path / "agent"), "guard"]
    with subprocess.Popen([*words, str(root), str(tmp_path)], stdout=subprocess.PIPE) as process:
        try:
            until((root / "live/bans/203.0.113.7").is_file, 20)
            assert process.poll() is None
        finally:
            process.kill()


def test_lookup_returns_the_program() -> None:
    assert LookupModule().run([]) == [program()]


def test_unit_of_certificates_runs_by_python_alone(tmp_path) -> None:
    for path, text in program("certificates").items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    words = [sys.executable, "-I", "-B", "-W", "error", str(tmp_path / "certificates")]
    done = subprocess.run(
        [*words, str(tmp_path)], capture_output=True, text=True, check=False, env={}
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_lookup_takes_the_directories_of_programs() -> None:
    found = LookupModule().run(["certificates", "agent"])
    assert found == [program("certificates"), program("agent")]
    with pytest.raises(AnsibleLookupError, match="agnet is none of agent, certificates"):
        LookupModule().run(["agnet"])

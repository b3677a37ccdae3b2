# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A project of one's own gets its inventory by one command, which overwrites nothing."""

from __future__ import annotations

import filecmp
import os
import subprocess
import sys
from pathlib import Path

from support import ROOT

EXAMPLE = ROOT / "inventories/example"


def play(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run ansible-playbook in an empty project, which has no ansible.cfg."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    program = Path(sys.executable).with_name("ansible-playbook")
    return subprocess.run(
        [program, *words], cwd=place, env={**kept, "ANSIBLE_NOCOLOR": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120,
    )  # fmt: skip


def make(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return play(place, "peerlb.stack.new_inventory", *words)


def test_inventory_is_made_and_can_be_checked(tmp_path) -> None:
    done = make(tmp_path, "-e", "dir=inventories/mine")
    assert done.returncode == 0, done.stdout
    names = [path.relative_to(EXAMPLE) for path in EXAMPLE.rglob("*.yml")]
    assert len(names) > 3
    mine = tmp_path / "inventories/mine"
    assert filecmp.cmpfiles(EXAMPLE, mine, map(str, names), shallow=False)[0] == list(
        map(str, names)
    )
    assert (mine / ".gitignore").read_text() == "/.secrets/\n"
    checked = play(tmp_path, "-i", "inventories/mine", "peerlb.stack.check")
    assert checked.returncode == 0, checked.stdout
    assert "listener 80 " in checked.stdout
    # Without the clone's ansible.cfg, each line is still a line of its own.
    assert max(map(len, checked.stdout.splitlines())) < 200
    assert r"\n" not in checked.stdout


def test_nothing_is_overwritten(tmp_path) -> None:
    hosts = tmp_path / "mine/hosts.yml"
    hosts.parent.mkdir()
    hosts.write_text("webapp: {hosts: {web7: {}}}\n")
    assert make(tmp_path, "-e", f"dir={tmp_path}/mine").returncode == 0
    assert hosts.read_text() == "webapp: {hosts: {web7: {}}}\n"
    assert (tmp_path / "mine/group_vars/all/topology.yml").is_file()
    assert "changed=0" in make(tmp_path, "-e", "dir=mine").stdout


def test_directory_has_to_be_named(tmp_path) -> None:
    done = make(tmp_path)
    assert done.returncode == 2, done.stdout
    assert "missing required arguments: dir: write it as -e dir=inventories/mine" in done.stdout
    assert list(tmp_path.iterdir()) == []

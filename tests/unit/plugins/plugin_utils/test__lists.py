# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._lists import add_lists, read_lists


def test_files_lie_below_the_directory_unless_their_path_is_absolute(tmp_path) -> None:
    (tmp_path / "bad.txt").write_text("203.0.113.0/24\n")
    absolute = str(tmp_path / "bad.txt")
    lists = {"near": {"file": "bad.txt"}, "far": {"file": absolute}, "own": {"ranges": []}}
    found = read_lists({"lists": lists}, str(tmp_path))
    assert found == dict.fromkeys(["bad.txt", absolute], "203.0.113.0/24\n")
    assert read_lists(None, str(tmp_path)) == {}


def test_a_mark_before_the_text_is_no_part_of_it(tmp_path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"\xef\xbb\xbf192.0.2.1\r\n")
    found = read_lists({"lists": {"bad": {"file": "bad.txt"}}}, str(tmp_path))
    assert found["bad.txt"].splitlines() == ["192.0.2.1"]


def test_file_that_cannot_be_read_is_named(tmp_path) -> None:
    with pytest.raises(ValueError, match=rf"file x cannot be read as {tmp_path}/x: No such"):
        read_lists({"lists": {"x": {"file": "x"}}}, str(tmp_path))


def test_lists_are_added_to_the_variables_of_hosts(tmp_path) -> None:
    (tmp_path / "bad.txt").write_text("203.0.113.0/24\n")
    gatekeeper = {"lists": {"near": {"file": "bad.txt"}}}
    variables = {
        "lb1": {"inventory_dir": str(tmp_path), "peerlb_gatekeeper": gatekeeper},
        "lb2": {},
    }
    add_lists(variables, ["lb1", "lb2", "lb3"])
    assert variables["lb1"]["lists"] == {"bad.txt": "203.0.113.0/24\n"}
    assert variables["lb2"]["lists"] == {}

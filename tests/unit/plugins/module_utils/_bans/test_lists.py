# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._bans import lists
from ansible_collections.peerlb.stack.plugins.module_utils._bans.protected import Protected

NOW = 1767261600.0
NOBODY = Protected(())
TEXT = """\
# written by fail2ban
203.0.113.7
203.0.113.8 3600
198.51.100.0/24   60   too many logins # of today
198.51.101.1 scans
"""


def read(path, text: str, before=None, protected=NOBODY, now=NOW):
    path.write_text(text)
    return lists.read(str(path), before or {}, protected, now)


def test_lines_are_addresses_seconds_and_reasons(tmp_path) -> None:
    entries, problems = read(tmp_path / "a.txt", TEXT)
    assert problems == []
    told = {key: (each["until"], each["reason"]) for key, each in entries.items()}
    assert told == {
        "203.0.113.7/32": (None, ""),
        "203.0.113.8/32": (NOW + 3600, ""),
        "198.51.100.0/24": (NOW + 60, "too many logins"),
        "198.51.101.1/32": (None, "scans"),
    }


def test_seconds_begin_when_the_line_is_seen_first(tmp_path) -> None:
    path = tmp_path / "a.txt"
    before, _problems = read(path, "203.0.113.8 60\n")
    again, _problems = read(path, "203.0.113.8 60\n203.0.113.9\n", before, now=NOW + 10)
    assert again["203.0.113.8/32"]["until"] == NOW + 60
    longer, _problems = read(path, "203.0.113.8 90\n", again, now=NOW + 20)
    assert longer["203.0.113.8/32"]["until"] == NOW + 110
    ever, _problems = read(path, "203.0.113.8\n", longer, now=NOW + 20)
    assert ever["203.0.113.8/32"]["until"] is None


def test_garbage_is_named_and_left_out(tmp_path) -> None:
    text = "shop.example\n203.0.113.7\n2001:db8::1\n0.0.0.0/0 60\n203.0.113.9/24\n\x00\x01\n"
    entries, problems = read(tmp_path / "a.txt", text)
    assert list(entries) == ["203.0.113.7/32"]
    assert [each.split(":")[0] for each in problems] == [f"line {n}" for n in (1, 3, 4, 5, 6)]
    assert all(each.isprintable() for each in problems)


def test_bytes_that_are_no_text_are_garbage(tmp_path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\n203.0.113.7\n")
    entries, problems = lists.read(str(tmp_path / "a.txt"), {}, NOBODY, NOW)
    assert (list(entries), len(problems)) == (["203.0.113.7/32"], 1)


def test_only_some_problems_are_told(tmp_path) -> None:
    _entries, problems = read(tmp_path / "a.txt", "x\n" * 50)
    assert (len(problems), problems[-1]) == (21, "and 30 more lines")


def test_list_never_bans_who_is_protected(tmp_path) -> None:
    protected = Protected(((ipaddress.IPv4Network("10.1.0.2/32"), "the member web1"),))
    text = "10.1.0.2\n10.1.0.0/24\n10.1.1.0/24\n"
    entries, problems = read(tmp_path / "a.txt", text, protected=protected)
    assert list(entries) == ["10.1.1.0/24"]
    assert problems[0] == "line 1: 10.1.0.2 must not be banned: it has 10.1.0.2 (the member web1)"
    assert len(problems) == 2


def test_list_that_is_too_large_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(lists, "LARGEST", 5)
    with pytest.raises(ValueError, match="has more than"):
        read(tmp_path / "a.txt", TEXT)


def test_bans_of_a_list_are_limited(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(lists, "MOST", 2)
    entries, problems = read(tmp_path / "a.txt", TEXT)
    assert (len(entries), len(problems)) == (2, 1)


def test_patterns_name_files(tmp_path) -> None:
    (tmp_path / "b.txt").write_text("")
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "c.txt").mkdir()
    patterns = [f"{tmp_path}/*.txt", f"{tmp_path}/b.txt", f"{tmp_path}/none.txt"]
    assert lists.paths(patterns) == [f"{tmp_path}/a.txt", f"{tmp_path}/b.txt"]
    before = lists.stamp(patterns)
    assert lists.stamp(patterns) == before
    (tmp_path / "a.txt").write_text("203.0.113.7\n")
    assert lists.stamp(patterns) != before

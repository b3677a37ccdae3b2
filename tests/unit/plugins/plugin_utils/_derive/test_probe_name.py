# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._derive.probe_name import (
    ProbeName,
    split_destination,
)
from hypothesis import given
from hypothesis import strategies as st

HOSTS = st.one_of(
    st.from_regex(r"[a-zA-Z0-9_.-]+", fullmatch=True),
    st.ip_addresses().map(str),
    st.text(min_size=1),  # the inventory plugin yaml takes nearly any text
).filter(lambda name: name == name.strip() and " ->" not in name and "-> " not in name)


@given(HOSTS, HOSTS, st.integers(1, 65535))
def test_written_name_is_parsed_to_itself(source, target, port) -> None:
    name = ProbeName(source, target, port)
    assert ProbeName.parse(str(name)) == name


def test_name_as_text() -> None:
    name = ProbeName("web1", "db1", 3306)
    assert str(name) == "web1 -> db1:3306"
    assert name.destination == "db1:3306"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("web1 -> db1:3306", ProbeName("web1", "db1", 3306)),
        (" webapp->nginx_lb:3306 ", ProbeName("webapp", "nginx_lb", 3306)),
        ("fd00::1 -> fd00::2:80", ProbeName("fd00::1", "fd00::2", 80)),
        ("a->b -> c->d:80", ProbeName("a->b", "c->d", 80)),
        ("web one -> db one:1", ProbeName("web one", "db one", 1)),
    ],
)
def test_texts_of_people_and_inventories_are_parsed(text, name) -> None:
    assert ProbeName.parse(text) == name


@pytest.mark.parametrize(
    "text",
    ["", "web1", "web1 lb1 3306", "web1 -> lb1", "-> lb1:80", "web1 -> :80", "web1 -> lb1:"]
    + [f"web1 -> lb1:{port}" for port in ("0", "65536", "-1", "8o", "1.5")],
)
def test_text_of_another_shape_is_refused(text) -> None:
    with pytest.raises(ValueError, match="is not written as 'web1 -> lb1:3306'"):
        ProbeName.parse(text)


def test_destination_is_split_at_its_last_colon() -> None:
    assert split_destination("fd00::2:80") == ("fd00::2", "80")

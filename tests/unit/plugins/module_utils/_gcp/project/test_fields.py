# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.fields import (
    Fields,
    last,
    ref,
)


@pytest.mark.parametrize(
    "address",
    [
        "https://www.googleapis.com/compute/v1/projects/acme/global/networks/vpc",
        "https://compute.googleapis.com/compute/beta/projects/acme/global/networks/vpc",
        "http://127.0.0.1:8080/compute/v1/projects/acme/global/networks/vpc",
        "projects/acme/global/networks/vpc",
    ],
)
def test_reference_does_not_depend_on_host_and_version(address) -> None:
    assert ref(address) == "acme/global/networks/vpc"
    assert last(address) == "vpc"


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda f: f.get("absent", str), "list[3] one: absent is missing"),
        (lambda f: f.get("name", int), "list[3] one: name is 'one', not a whole number"),
        (lambda f: f.get("yes", int), "list[3] one: yes is True, not a whole number"),
        (
            lambda f: f.number("high", 0, 9),
            "list[3] one: high is 10, not a whole number from 0 to 9",
        ),
        (lambda f: f.texts("mixed"), "list[3] one: mixed[1] is 7, not text"),
        (lambda f: f.cidrs("ranges"), "list[3] one: ranges: 10.0.0.1/8 has host bits set"),
        (lambda f: list(f.each("mixed")), "list[3] one mixed[0]: is 'a', not a mapping"),
    ],
)
def test_error_names_the_object_and_the_field(read, message) -> None:
    values = {"name": "one", "yes": True, "high": 10, "mixed": ["a", 7], "ranges": ["10.0.0.1/8"]}
    with pytest.raises(ValueError, match=re.escape(message)):
        read(Fields(values, "list[3]"))


def test_missing_field_has_its_default() -> None:
    fields = Fields({"low": None, "ranges": ["2001:db8::/32", "10.0.0.0/8"]}, "here")
    assert fields.get("low", bool, False) is False
    assert fields.number("none", 1000, 65535) == 1000
    assert list(fields.each("none")) == []
    assert [str(each) for each in fields.cidrs("ranges")] == ["10.0.0.0/8"]
    assert (fields.ipv6("ranges"), fields.ipv6("none")) == (True, False)

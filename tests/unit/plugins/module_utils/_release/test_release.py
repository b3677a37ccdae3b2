# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.release import (
    Release,
    environment_of,
    is_secret,
)

ENVIRONMENT = '{"services": {"shop": {"environment": {"TOKEN": "pa$$word", "PLAIN": "x"}}}}'
OPEN = {"a.conf": "one"}


def test_byte_that_moves_from_text_to_path_changes_the_id() -> None:
    assert Release({"a": "bc"}).id != Release({"ab": "c"}).id


def test_id_is_twelve_digits_of_the_content_alone() -> None:
    assert Release(OPEN).id == Release(dict(OPEN), key="k").id
    assert len(Release(OPEN).id) == 12
    assert int(Release(OPEN).id, 16)


@pytest.mark.parametrize("path", ["secrets/password", "environment.yml"])
def test_secret_enters_the_id_only_by_way_of_the_hosts_key(path) -> None:
    release = Release({path: "guess"}, key="k1")
    assert release.id != Release({path: "guess"}, key="k2").id
    assert release.id != Release({path: "other"}, key="k1").id
    assert release.id == Release({path: "guess"}, key="k1").id


@pytest.mark.parametrize(
    "path, secret",
    [
        ("secrets/a", True),
        ("environment.yml", True),
        ("secrets", False),
        ("a/secrets/b", False),
        ("compose.yml", False),
    ],
)
def test_which_files_are_secret(path, secret) -> None:
    assert is_secret(path) is secret
    assert Release({}).is_private(path) is secret


def test_key_is_in_no_representation() -> None:
    assert "hunter22" not in repr(Release({}, key="hunter22"))


def test_no_message_shows_a_secret() -> None:
    release = Release({"secrets/p": "hunter22", "environment.yml": ENVIRONMENT, **OPEN})
    assert release.masked("hunter22 and pa$word, one") == "******** and ********, one"


def test_longer_secret_is_masked_first() -> None:
    release = Release({"secrets/a": "hunter", "secrets/b": "hunter22"})
    assert release.masked("hunter22") == "********"


def test_value_that_is_too_short_to_be_told_from_other_words_stays() -> None:
    assert Release({"secrets/a": "short"}).masked("short") == "short"
    assert Release({"secrets/a": "shorts"}).masked("shorts") == "********"


def test_diff_shows_of_a_secret_only_that_it_changes() -> None:
    before, after = Release({"secrets/p": "hunter22"}), Release({"secrets/p": "other"})
    shown = [before.shown("secrets/p", after), after.shown("secrets/p", before)]
    assert shown == [f"a secret of {before.id}\n", f"a secret of {after.id}\n"]
    assert after.shown("a.conf", None) == ""
    assert Release(OPEN).shown("a.conf", None) == "one"


def test_diff_of_the_environment_names_the_variables_that_change() -> None:
    before = Release({"environment.yml": ENVIRONMENT})
    after = Release({"environment.yml": ENVIRONMENT.replace('"x"', '"y"')})
    assert after.shown("environment.yml", before) == f"PLAIN: a value of {after.id}\nTOKEN: set\n"
    assert after.shown("environment.yml", None).count(after.id) == 2


@pytest.mark.parametrize("text", ["", "[]", "{", '{"services": 5}', '{"services": {"a": {}}}'])
def test_damaged_environment_is_none(text) -> None:
    assert environment_of(text) == {}


def test_dollar_stands_for_itself() -> None:
    assert environment_of(ENVIRONMENT) == {"TOKEN": "pa$word", "PLAIN": "x"}


def test_plain_release_generates_nothing() -> None:
    assert Release(OPEN).generated() == {}

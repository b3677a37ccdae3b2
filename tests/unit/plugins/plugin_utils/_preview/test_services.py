# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._preview.services import service_lines

FORMER, REPLACED = "0d44e1a97c31", "peerlb-webapp is replaced: it was created from"


def told(effect: str, *differs: str, **others) -> dict:
    """Return what a module returned in check mode."""
    return {"effect": effect, "differs": list(differs), "previous": FORMER, **others}


def changed(path: str, before: str, after: str) -> dict:
    headers = {"before_header": f"{path} ({FORMER})", "after_header": f"{path} (3f9a1c52be07)"}
    return {**headers, "before": before, "after": after}


def test_service_that_stays_has_no_line() -> None:
    assert service_lines("web1", "webapp", told("keep")) == []


@pytest.mark.parametrize(
    ("layer", "effect", "differs", "line"),
    [
        (
            "webapp",
            "replace",
            ("environment.yml differs", f"{REPLACED} release {FORMER}"),
            "the application's container is replaced: environment.yml differs",
        ),
        (
            "webapp",
            "replace",
            (f"{REPLACED} release 77aa",),
            "the application's container is replaced: it was created from release 77aa",
        ),
        (
            "webapp",
            "replace",
            ("shop:1 is another image than peerlb-webapp runs",),
            "the application's container is replaced: shop:1 is another image than peerlb-webapp"
            " runs",
        ),
        (
            "mysql",
            "start",
            ("peerlb-mysql is exited",),
            "MySQL's container is started: peerlb-mysql is exited",
        ),
        (
            "mysql",
            "create",
            ("there is no container peerlb-mysql",),
            "MySQL's container is created: there is no container peerlb-mysql",
        ),
        (
            "mysql",
            "keep",
            ("the history does not tell of it yet",),
            "MySQL's container stays, and this is put right: the history does not tell of it yet",
        ),
        (
            "nginx_lb",
            "reload",
            ("upstreams/http-webapp.conf differs", f"nginx serves {FORMER}"),
            "nginx reloads: upstreams/http-webapp.conf differs",
        ),
        (
            "nginx_lb",
            "replace",
            ("compose.yml differs", "a.conf is new", "the container peerlb-nginx is replaced"),
            "nginx's container is replaced: compose.yml differs, a.conf is new",
        ),
        (
            "nginx_lb",
            "replace",
            ("the container peerlb-nginx is replaced",),
            "nginx's container is replaced: the container peerlb-nginx is replaced",
        ),
    ],
)
def test_line_says_what_becomes_of_the_service_and_why(layer, effect, differs, line) -> None:
    assert service_lines("h1", layer, told(effect, *differs)) == [f"h1: {line}"]


def test_first_start_needs_no_reason() -> None:
    first = told("create", "my.cnf is new", "there is no container peerlb-mysql", previous="")
    assert service_lines("db1", "mysql", first) == ["db1: MySQL is started for the first time"]


def test_container_of_no_release_is_taken_over() -> None:
    entry = {**changed("compose.yml", "", "{}\n"), "before_header": "compose.yml (absent)"}
    found = told("replace", "compose.yml is new", f"{REPLACED} no release", previous="")
    assert service_lines("web1", "webapp", {**found, "diff": [entry]}) == [
        "web1: the application's container is replaced: it was created from no release"
    ]


def test_lines_that_change_follow_and_say_no_secret() -> None:
    diff = [
        changed(
            "compose.yml", '{\n  "A": "1",\n  "B": "2"\n}\n', '{\n  "A": "1",\n  "B": "3"\n}\n'
        ),
        changed("context.b64", "AAAA", "BBBB"),
        changed("secrets/mysql_password", f"a secret of {FORMER}\n", "a secret of 3f9a1c52be07\n"),
        changed("my.cnf", "", "[mysqld]\n"),
    ]
    found = service_lines("web1", "webapp", told("replace", "compose.yml differs", diff=diff))
    assert found[1:] == [
        '  - "B": "2"',
        '  + "B": "3"',
        f"  - a secret of {FORMER}",
        "  + a secret of 3f9a1c52be07",
    ]


def test_long_changes_are_cut() -> None:
    texts = ("".join(f"{name}{number}\n" for number in range(15)) for name in "ab")
    diff = [changed("my.cnf", *texts)]
    found = service_lines("db1", "mysql", told("replace", "my.cnf differs", diff=diff))
    assert len(found) == 1 + 20 + 1
    assert found[-1] == "  and 10 more lines"


def test_files_of_nginx_are_not_shown_twice() -> None:
    diff = [changed("upstreams/http-webapp.conf", "a\n", "b\n")]
    reload = told("reload", "upstreams/http-webapp.conf differs", diff=diff)
    assert len(service_lines("lb1", "nginx_lb", reload)) == 1


@pytest.mark.parametrize("message", ["the lock\nis taken", ["the lock", "is taken"]])
def test_service_that_cannot_be_compared(message) -> None:
    found = service_lines("web1", "webapp", {"failed": True, "msg": message})
    assert found == ["web1: the application cannot be compared: the lock is taken"]


def test_error_without_words() -> None:
    (line,) = service_lines("web1", "webapp", {"failed": True})
    assert line.endswith("cannot be compared: the task failed")

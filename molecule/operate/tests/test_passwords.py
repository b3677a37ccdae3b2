# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of a change of the application's password in MySQL, under load."""

from __future__ import annotations

import json
import typing as t

import pytest
from support.lab import shell

PASSWORD = "n3w'é\"%s\\ {x} 007"
RETAINED = (
    "SELECT COUNT(*) FROM mysql.user WHERE user_attributes->>'$.additional_password' IS NOT NULL"
)


def sql(query: str) -> str:
    """Return what MySQL answers to root; what is asked may hold no double quotes."""
    inside = f'IFS= read -r MYSQL_PWD; export MYSQL_PWD; exec mysql -uroot -N -e "{query}"'
    quoted = inside.replace("'", "'\\''")
    file = "/opt/peerlb/mysql/root_password"
    return shell("db1", f"{{ cat {file}; echo; }} | docker exec -i peerlb-mysql sh -c '{quoted}'")


@pytest.fixture
def former_password(lab) -> t.Iterator[None]:
    """Set the inventory's password again."""
    yield
    lab.play("mysql")
    lab.play("webapp")
    lab.wait_until_healthy()


def test_change_of_the_password_loses_no_request(lab, figures, former_password) -> None:
    posts = lab.start_load(
        "/connection?id={id}", method="POST", rate=20, connections=4, seconds=120
    )
    gets = lab.start_load("/connection", rate=20, connections=4, seconds=120)
    gets.wait(2)
    said = lab.play("mysql", webapp_mysql_password=PASSWORD)
    assert "its former password stays valid too" in " ".join(said.split())
    assert sql(RETAINED).split() == ["1"]
    lab.play("webapp", webapp_mysql_password=PASSWORD)
    found = gets.stop(), posts.stop()
    figures["a change of the application's password"] = "; ".join(
        f"{each['failed']} of {each['sent']} failed {each['lost'] or ''}" for each in found
    )
    assert [each["failed"] for each in found] == [0, 0]
    assert sql(RETAINED).split() == ["0"]
    assert json.loads(lab.curl(url="http://10.0.0.2/readyz?format=json"))["status"] == "Ready"


def test_wrong_password_reaches_no_user(lab, figures) -> None:
    gets = lab.start_load("/connection", rate=20, connections=4, seconds=120)
    gets.wait(2)
    said = lab.play("webapp", webapp_mysql_password="wrong", fails=True)
    found = gets.stop()
    figures["a wrong password of the application"] = f"{found['failed']} of {found['sent']} failed"
    assert "/readyz does not answer well, and it did before" in " ".join(said.split())
    assert "changed: [web2]" not in said
    assert found["failed"] == 0

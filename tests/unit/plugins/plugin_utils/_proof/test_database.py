# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._proof.database import (
    prove_connections,
    schema_problems,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._stack import STACK


@pytest.mark.parametrize(
    ("config", "row", "refused"),
    [
        (None, "64 connections, and MySQL admits them", False),
        ({"max_connections": 64}, "64 connections, of 64", False),
        ({"max-connections": "63"}, "64 connections, of 63", True),
        ({"max_connections": "many"}, "64 connections, and MySQL admits them", False),
        ("text", "64 connections, and MySQL admits them", False),
    ],
)
def test_mysql_admits_all_connections_of_the_application(stack, config, row, refused) -> None:
    rows, problems = prove_connections(stack.parse(), STACK, {"db1": {"mysql_config": config}})
    assert rows == [("connections to db1", f"the application opens up to {row}")]
    assert bool(problems) is refused
    if refused:
        assert problems[0].startswith(
            "db1: mysql_config has max_connections 63, and the application"
        )


def test_nothing_is_said_of_an_image_whose_connections_nobody_knows(stack) -> None:
    own = {"webapp_image": "shop:1"}
    config = {"mysql_config": {"max_connections": 1}}
    found = prove_connections(stack.parse(), STACK, {"web1": own, "web2": own, "db1": config})
    assert found == ([], [])


@pytest.mark.parametrize("name", ["mysql", "sys", "information_schema", "Performance_Schema"])
@pytest.mark.parametrize("variable", ["webapp_mysql_database", "peerlb_databases"])
def test_schemas_of_mysql_are_no_databases_of_the_application(stack, name, variable) -> None:
    values = {
        "webapp_mysql_database": {"web1": {"webapp_mysql_database": name}},
        "peerlb_databases": {"db1": {"peerlb_databases": [{"name": name}]}},
    }
    (problem,) = schema_problems(stack.parse(), STACK, values[variable])
    assert problem.startswith(f"{variable}: {name} is one of MySQL's own schemas")
    assert schema_problems(stack.parse(), STACK, {"web1": {}}) == []

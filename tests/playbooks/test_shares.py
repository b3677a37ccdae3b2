# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What verify says of the service, for applications and traffic of all kinds."""

from __future__ import annotations

import pytest


def test_application_of_the_users_own_is_judged_as_far_as_it_tells(stack) -> None:
    stack.served_by, stack.connection = [], 404
    stack.groups["webapp"]["web1"]["webapp_image"] = "shop:1.0"
    done = stack.play("verify")
    assert done.returncode == 0, done.stdout
    assert "not judged: the shares of the members, as no answer says in X-Served-By" in done.stdout
    assert "as webapp_image is set and verify_path is not" in done.stdout
    assert "/connection: not asked" in done.stdout


@pytest.mark.parametrize(("name", "code"), [("shop.example", 0), ("other.example", 2)])
def test_application_is_asked_by_its_name_and_redirects(stack, name, code) -> None:
    stack.served_by, stack.name = [], "shop.example"
    stack.variables |= {
        "webapp_image": "shop:1.0",
        "webapp_server_name": name,
        "webapp_health_statuses": [200, 302],
        "verify_path": "/connection",
    }
    done = stack.play("verify")
    assert done.returncode == code, done.stdout
    assert ("found wrong_status (HTTP/1." in done.stdout) == bool(code)
    assert ("does not reach MySQL" in done.stdout) == bool(code)


def test_path_of_the_users_own_is_asked(stack) -> None:
    stack.connection = 404
    stack.variables |= {"webapp_image": "shop:1.0", "verify_path": "/connection/to/mysql"}
    done = stack.play("verify")
    assert done.returncode == 2, done.stdout
    assert "the application does not reach MySQL" in done.stdout


@pytest.mark.parametrize(("variables", "code"), [({}, 0), ({"verify_tolerance": 0}, 2)])
def test_other_clients_move_the_shares(stack, variables, code) -> None:
    stack.served_by = ["web1", "web1", "web2"]
    stack.variables |= variables
    done = stack.play("verify")
    assert done.returncode == code, done.stdout
    assert ("web1 answered 27 of 40, due 20" in done.stdout) == bool(code)


def test_members_may_call_themselves_otherwise(stack) -> None:
    stack.served_by = ["blue", "green"]
    for name, own in zip(("web1", "web2"), ("bl{{ 'ue' }}", "green")):
        stack.groups["webapp"][name]["webapp_served_by"] = own
    done = stack.play("verify")
    assert done.returncode == 0, done.stdout

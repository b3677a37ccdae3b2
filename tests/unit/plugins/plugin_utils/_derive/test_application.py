# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import yaml
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import TopologyError
from ansible_collections.peerlb.stack.plugins.plugin_utils._derive.application import (
    Application,
    requests_of,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._stack import STACK
from support import ROOT


def read(stack, **variables) -> Application:
    return Application.of(stack.parse(), STACK, {"web1": variables})


def test_inventory_that_says_nothing_changes_no_probe(stack) -> None:
    assert read(stack) == Application(False, "", "", ())
    assert requests_of(stack.parse(), {}) == {}
    assert requests_of(stack.parse(), {"web1": {"webapp_image": "shop:1"}}) == {}


def test_first_host_that_has_a_variable_decides(stack) -> None:
    variables = {
        "web1": {"webapp_image": "", "webapp_server_name": None},
        "web2": {"webapp_image": "shop:1", "webapp_server_name": "shop.example:8080"},
        "lb1": {"webapp_health_path": "/no"},
    }
    found = Application.of(stack.parse(), STACK, variables)
    assert found == Application(True, "shop.example:8080", "", (), "shop.example:8080")


@pytest.mark.parametrize(
    ("variables", "path", "statuses"),
    [
        ({"webapp_health_path": "/login"}, "/login", (200,)),
        ({"webapp_health_statuses": [302, "401"]}, "/healthz", (302, 401)),
        ({"webapp_health_path": "/up?x=1", "webapp_health_statuses": [204]}, "/up?x=1", (204,)),
    ],
)
def test_what_is_asked_and_what_is_good(stack, variables, path, statuses) -> None:
    found = read(stack, **variables)
    assert (found.health_path, found.health_statuses) == (path, statuses)


def test_defaults_are_those_of_the_role(stack) -> None:
    defaults = yaml.safe_load((ROOT / "roles/webapp/defaults/main.yml").read_text())
    assert read(stack, webapp_health_statuses=[302]).health_path == defaults["webapp_health_path"]


def test_every_variable_at_fault_is_named(stack) -> None:
    with pytest.raises(TopologyError) as caught:
        read(
            stack,
            webapp_server_name="shop example",
            webapp_health_path="login",
            webapp_health_statuses=[99],
        )
    assert list(caught.value.problems) == [
        "webapp: webapp_server_name is 'shop example', not a host name such as shop.example",
        "webapp: webapp_health_path is 'login', not a plain path that begins with /",
        "webapp: webapp_health_statuses is 99, not a whole number from 100 to 599",
    ]


@pytest.mark.parametrize("statuses", [200, "200", [], {"200": True}])
def test_statuses_are_a_list(stack, statuses) -> None:
    with pytest.raises(TopologyError, match="not a list of HTTP statuses"):
        read(stack, webapp_health_statuses=statuses)


def test_application_and_load_balancers_are_asked_by_name(stack) -> None:
    stack.flow("nginx_lb", "webapp", 9100)
    stack.flow("any", "nginx_lb", 2222)
    own = {"webapp_server_name": "shop.example", "webapp_health_statuses": [200, 302]}
    application = {"host": "shop.example", "path": "/healthz", "statuses": [200, 302]}
    assert requests_of(stack.parse(), {"web2": own}) == {
        ("web1", 3000): application,
        ("web2", 3000): application,
        ("lb1", 80): {"host": "shop.example"},
    }


def test_only_the_application_is_asked_for_its_health(stack) -> None:
    found = requests_of(stack.parse(), {"web1": {"webapp_health_path": "/up"}})
    assert found["web1", 3000] == {"path": "/up", "statuses": [200]}
    assert found["lb1", 80] == {}


@pytest.mark.parametrize(
    ("own", "names", "asked"),
    [
        ("", ["*.shop.example", "shop.example"], "shop.example"),
        ("blog.example", ["shop.example"], "blog.example"),
        ("", [], ""),
        ("", None, ""),
    ],
)
def test_name_that_the_load_balancer_serves_is_asked(stack, own, names, asked) -> None:
    variables = {"web1": {"webapp_server_name": own}, "lb1": {"nginx_lb_server_names": names}}
    assert Application.of(stack.parse(), STACK, variables).server_name == asked


def test_load_balancer_is_asked_by_tls_for_a_name_of_a_certificate(edge) -> None:
    shop = {"peerlb_certificates": [{"name": "shop", "names": ["*.shop.example"]}]}
    found = requests_of(edge.parse(), {"lb1": shop, "web1": {"webapp_server_name": "old.example"}})
    assert found["lb1", 443] == {"host": "www.shop.example"}
    assert found["lb1", 80] == {"host": "old.example"}
    assert set(requests_of(edge.parse(), {"lb1": shop})) >= {("lb1", 443), ("web1", 3000)}
    assert ("lb1", 6379) not in found


def test_application_that_speaks_tls_is_asked_as_one_of_http(stack) -> None:
    stack.topology["flows"][2]["protocol"] = "https"
    found = requests_of(stack.parse(), {"web1": {"webapp_health_path": "/up"}})
    assert found["web1", 3000] == {"path": "/up", "statuses": [200]}

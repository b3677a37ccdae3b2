# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.filter.images import stack_images

GROUPS = {"nginx_lb": ["lb1"], "webapp": ["web1", "web2"], "mysql": ["db1"]}


def test_defaults_are_those_of_the_roles() -> None:
    hostvars = {host: {} for host in ("lb1", "web1", "web2", "db1")}
    assert stack_images(GROUPS, hostvars) == ["mysql:9.7", "nginx:1.30"]


def test_each_image_of_the_inventory_is_named_once() -> None:
    hostvars = {
        "lb1": {"nginx_lb_image": "nginx:1.31"},
        "web1": {"webapp_image": "shop:1"},
        "web2": {"webapp_image": "shop:1"},
        "db1": {},
    }
    assert stack_images(GROUPS, hostvars) == ["mysql:9.7", "nginx:1.31", "shop:1"]
    hostvars["web2"] = {"webapp_image": "shop:2"}
    assert stack_images(GROUPS, hostvars)[-2:] == ["shop:1", "shop:2"]


def test_store_has_an_image_if_there_is_one() -> None:
    groups, hostvars = {**GROUPS, "valkey": ["kv1"]}, {host: {} for host in ("lb1", "web1", "web2")}
    found = stack_images(groups, {**hostvars, "db1": {}, "kv1": {}})
    assert found == ["mysql:9.7", "nginx:1.30", "valkey/valkey:9.1"]


def test_firewall_has_an_image_if_it_is_declared() -> None:
    hostvars = {host: {"peerlb_waf": {"paranoia": 1}} for host in ("lb1", "web1", "web2", "db1")}
    found = stack_images(GROUPS, hostvars)
    assert found == ["mysql:9.7", "nginx:1.30", "owasp/modsecurity-crs:4.25.1-nginx-lts"]
    hostvars["lb1"] = {"nginx_lb_waf_image": "waf:1"}
    assert stack_images(GROUPS, hostvars) == ["mysql:9.7", "nginx:1.30"]


def test_group_without_hosts_has_no_image() -> None:
    assert stack_images({}, {}) == []


def test_no_registry_is_asked_for_what_the_controller_brings() -> None:
    archives = [{"name": "mysql:9.7", "path": "/srv/mysql.tar"}]
    hostvars = {host: {} for host in ("lb1", "web1", "web2")} | {
        "db1": {"docker_image_archives": archives}
    }
    assert stack_images(GROUPS, hostvars) == ["nginx:1.30"]

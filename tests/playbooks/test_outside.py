# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where clients find the service, and what is said where they do not."""

from __future__ import annotations


def test_controller_asks_at_the_public_address(stack) -> None:
    """Port 8082 is open there only; the hosts inside, which would not find it, are not asked."""
    del stack.groups["clients"]
    stack.groups["nginx_lb"]["lb1"]["peerlb_public_address"] = "203.0.113.80"
    stack.variables["topology"]["flows"][0]["port"] = 8082
    done = stack.play("verify", "--limit", "lb1,localhost")
    assert done.returncode == 0, done.stdout
    assert stack.report()["service"]["served_by"] == {"web1": 20, "web2": 20}


def test_service_has_the_port_of_its_flow(stack) -> None:
    stack.variables["topology"]["flows"][0]["port"] = 8080
    done = stack.play("verify")
    assert done.returncode == 0, done.stdout
    assert stack.report()["service"]["served_by"] == {"web1": 20, "web2": 20}


def test_nobody_there_is_told_at_once_and_why(stack) -> None:
    del stack.groups["clients"]
    stack.variables["topology"]["flows"][0]["port"] = 8081
    stack.extra["__release_info"]["serving"] = ""
    done = stack.play("verify")
    assert done.returncode == 2, done.stdout
    assert "the application does not reach MySQL: [Errno 111] Connection refused" in done.stdout
    assert "40 of 40 requests got no answer" in done.stdout
    assert "release none is live" in done.stdout


def test_status_is_told_where_the_application_says_nothing(stack) -> None:
    stack.connection = 503
    done = stack.play("verify")
    assert "the application does not reach MySQL: status 503" in done.stdout

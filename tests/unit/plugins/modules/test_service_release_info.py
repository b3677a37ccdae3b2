# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json


def test_container_that_is_not_as_its_release_says_is_told(
    deploy_service, service_info, docker
) -> None:
    deploy_service()
    docker.containers["peerlb-shop"]["State"]["Status"] = "exited"
    assert service_info()["differs"] == ["peerlb-shop is exited"]
    docker.containers.clear()
    assert service_info()["differs"] == ["there is no container peerlb-shop"]
    assert service_info()["running"] == {}


def test_host_without_the_service_has_nothing_to_tell(service_info) -> None:
    found = service_info()
    assert (found["release"], found["image"], found["running"], found["kept"]) == ("", "", {}, [])


def test_container_without_a_release_of_ours_is_told_with_its_image(service_info, docker) -> None:
    docker.containers["peerlb-shop"] = {
        "Image": "sha256:1",
        "State": {"Status": "running", "StartedAt": "2026-01-01T10:00:00Z"},
        "Config": {"Image": "shop:1"},
    }
    found = service_info()
    assert (found["image"], found["differs"]) == ("shop:1", [])
    assert found["running"] == {
        "state": "running",
        "health": "",
        "image": "sha256:1",
        "since": "2026-01-01T10:00:00Z",
    }


def test_changes_that_needed_no_release_are_in_the_history(
    deploy_service, service_info, tmp_path
) -> None:
    release = deploy_service()["release"]
    change = {"at": "2100-01-01T10:00:00Z", "by": "ada", "change": "pool a, member b: weight 3"}
    (tmp_path / "shop/overrides.json").write_text(json.dumps({"changes": [change]}))
    assert service_info()["history"][1:] == [{"id": release, **change}]

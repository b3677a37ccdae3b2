# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.service_module import (
    ServiceModule,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.specification import (
    Specification,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.wanted import (
    image_of,
    wanted_release,
)
from support.build_contexts import archive

PARAMS = {
    "service": "shop",
    "image": "shop:1",
    "digest": "",
    "context": "",
    "build_arguments": {},
    "compose": {"services": {"shop": {}}},
    "files": {},
    "secrets": {},
    "environment": "{}",
    "owner": 0,
    "test": [],
    "series": {},
    "first_command": [],
    "health": {},
}


def module(host, *, check_mode: bool = False, **params) -> ServiceModule:
    return ServiceModule(host.store, host.service, {**PARAMS, **params}, check_mode)


@pytest.mark.parametrize(
    "params, image",
    [
        ({"digest": "sha256:ab"}, "shop@sha256:ab"),
        ({"image": "shop@sha256:cd"}, "shop@sha256:cd"),
        ({"image": "shop@sha256:cd", "digest": "sha256:ab"}, "shop@sha256:cd"),
    ],
)
def test_digest_that_is_known_is_taken(host, params, image) -> None:
    assert image_of(module(host, **params)) == image
    assert host.docker.commands == []


def test_built_image_is_named_by_its_context(host) -> None:
    found = image_of(module(host, image="1.0", context=archive({"Dockerfile": b""})))
    assert found.startswith("peerlb-shop:1.0-")


def test_what_runs_stays_if_the_registry_does_not_answer(host) -> None:
    host.docker.registry["shop@sha256:ab"] = "sha256:ab"
    first = wanted_release(module(host, digest="sha256:ab"))
    host.deploy(first)
    assert image_of(module(host)) == "shop@sha256:ab"
    assert image_of(module(host, image="shop:2", check_mode=True)) == "shop:2"


def test_image_by_tag_is_taken_if_that_of_the_former_release_is_gone(host) -> None:
    host.docker.registry["shop@sha256:ab"] = "sha256:ab"
    host.deploy(wanted_release(module(host, digest="sha256:ab")))
    host.docker.images = {"shop:1": "sha256:loaded"}
    assert image_of(module(host)) == "shop@sha256:loaded"


def test_image_that_the_host_has_is_not_pulled(host) -> None:
    host.docker.images["shop:1"] = "sha256:1"
    assert image_of(module(host)) == "shop@sha256:1"
    assert host.docker.done == []


def test_check_mode_pulls_nothing(host) -> None:
    host.docker.registry["shop:1"] = "sha256:1"
    assert image_of(module(host, check_mode=True)) == "shop:1"
    assert host.docker.done == []
    assert image_of(module(host)) == "shop@sha256:1"
    assert host.docker.done == ["pull shop:1"]


def test_parameters_become_the_specification(host) -> None:
    release = wanted_release(
        module(
            host,
            digest="sha256:ab",
            owner=7,
            health={"protocol": "http", "address": "10.0.0.2", "port": 80, "statuses": [200]},
            series={"command": ["shop", "-v"], "pattern": "(.)", "allow": False},
            test=["check"],
            first_command=["migrate"],
        )
    )
    spec = Specification.of(release)
    assert spec == replace(
        Specification("shop", "shop:1", "shop@sha256:ab", owner=7),
        health=spec.health,
        series=spec.series,
        test=("check",),
        first_command=("migrate",),
    )
    assert (spec.health.statuses, spec.series.command) == ((200,), ("shop", "-v"))


def test_check_mode_makes_no_key(host) -> None:
    wanted_release(module(host, digest="sha256:ab", check_mode=True))
    assert not host.root.exists()
    wanted_release(module(host, digest="sha256:ab"))
    assert (host.root / "key").stat().st_mode & 0o777 == 0o600

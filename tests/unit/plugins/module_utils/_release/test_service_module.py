# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import types

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.service_module import (
    ServiceModule,
    store_of,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.specification import (
    SpecificationError,
)


def service_module(host, **params) -> ServiceModule:
    common = {"operator": "ada", "reason": "why", "keep": 5, "test_only": False, "renewing": False}
    return ServiceModule(host.store, host.service, {**common, **params}, check_mode=False)


def test_store_is_below_the_directory_of_the_collection_by_default() -> None:
    store = store_of({"path": None, "service": "shop", "owner": 7})
    assert (str(store.root), store.owner, store.mode) == ("/opt/peerlb/shop", 7, 0o700)


def test_live_release_tells_the_owner_where_no_parameter_does(host) -> None:
    host.deploy(host.release(owner=7))
    assert store_of({"path": str(host.root), "service": "shop"}).owner == 7
    assert store_of({"path": str(host.root / "other"), "service": "shop"}).owner == 0


def test_parameters_name_the_service(tmp_path) -> None:
    login = {"server": "r", "username": "u", "password": "p"}
    params = {"service": "shop", "path": str(tmp_path), "timeout": 3.0, "registry": login}
    module = types.SimpleNamespace(params=params, check_mode=True, run_command=None)
    made = ServiceModule.of(module)
    assert (made.service.timeout, made.service.images.login) == (3.0, login)
    assert (made.check_mode, made.service.place.root) == (True, tmp_path)


def test_note_says_who_when_and_why(host) -> None:
    note = service_module(host).note()
    assert (note["by"], note["reason"], note["at"][-1]) == ("ada", "why", "Z")


def test_result_tells_what_was_done(host) -> None:
    release = host.release()
    done = service_module(host).carry_out(release)
    assert (done["changed"], done["release"], done["previous"]) == (True, release.id, "")
    assert done["image"] == "shop:1"
    assert {entry["after_header"] for entry in done["diff"]} >= {f"a.conf ({release.id})"}
    assert not service_module(host).carry_out(release)["changed"]


def test_fewer_than_two_releases_are_no_way_back(host) -> None:
    with pytest.raises(SpecificationError, match="keep: 1: 2 is the least"):
        service_module(host, keep=1).locked()


def test_renewal_is_noted_only_where_something_is_renewed(host) -> None:
    service_module(host, renewing=True).carry_out(host.release())
    assert host.store.noted("renewing.json")["by"] == "ada"
    (host.root / "renewing.json").unlink()
    service_module(host, renewing=True).carry_out(host.release())
    assert host.store.noted("renewing.json") is None

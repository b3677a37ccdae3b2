# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.modules import service_rollback


def test_rollback_takes_the_former_release_with_its_owner(
    deploy_service, run_module, tmp_path, service_info
) -> None:
    first = deploy_service(owner=7)
    second = deploy_service(owner=7, image="shop:2", files={"a.conf": "two"})
    params = {"service": "shop", "path": str(tmp_path / "shop"), "timeout": 0.2}
    assert run_module(service_rollback, check_mode=True, **params)["changed"]
    done = run_module(service_rollback, reason="slow", **params)
    assert (done["release"], done["previous"]) == (first["release"], second["release"])
    assert service_info()["running"]["image"] == "sha256:1"
    assert (tmp_path / "shop/current/secrets/password").stat().st_uid == 7
    assert service_info()["history"][-1]["reason"] == "slow"
    assert (
        "0 releases begin with ffff"
        in run_module(service_rollback, release="ffff", **params)["msg"]
    )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer import guard_module
from ansible_collections.peerlb.stack.plugins.modules import nginx_maintenance

READS_FLAGS = {"nginx.conf": "#", "compose.yml": "image: a", "live.conf": "# flags"}
WEBAPP = {"pool": "webapp"}


@pytest.fixture
def change(run_module, place, monkeypatch):
    """Run the module as ada."""
    monkeypatch.setattr(guard_module, "SEEN_WITHIN", 0.01)

    def run(*, check_mode: bool = False, **params):
        params = {"path": place["path"], "operator": "ada", **params}
        return run_module(nginx_maintenance, check_mode=check_mode, **params)

    return run


def test_six_steps(deploy, change, tmp_path) -> None:
    deploy(files=READS_FLAGS)
    wanted = {**WEBAPP, "retry_after": 60, "allow": ["192.0.2.0/24"], "reason": "schema"}
    live = tmp_path / "nginx/live"
    assert change(check_mode=True, **wanted)["changed"]
    assert not live.exists()
    done = change(**wanted)
    assert done["changed"]
    assert (live / "maintenance/webapp").is_dir()
    assert (live / "retry/webapp.60").is_dir()
    assert (live / "allow/webapp/192.0.2").is_file()
    (line,) = done["now"]
    assert "set by ada (because: schema), but not for 192.0.2.0/24" in line
    assert done["diff"][0]["after"] == f"{line}\n"
    for check_mode in (True, False):
        again = change(check_mode=check_mode, **wanted)
        assert (again["changed"], again["diff"]) == (False, [])
    assert change(**WEBAPP, state="absent")["now"] == []
    assert not list((live / "maintenance").iterdir())
    assert not change(**WEBAPP, state="absent")["changed"]


def test_all_is_closed_and_opened(deploy, change, tmp_path) -> None:
    deploy(files=READS_FLAGS)
    change(**WEBAPP)
    assert len(change(pool="all")["now"]) == 2
    assert change(pool="all", state="absent")["now"] == []
    assert not (tmp_path / "nginx/live/on").exists()


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"pool": "webap"}, "no pool is named webap; is webapp meant?"),
        ({"pool": "mysql"}, "pool mysql is not served by HTTP"),
        ({**WEBAPP, "retry_after": 45}, "retry_after"),
        ({**WEBAPP, "allow": ["0.0.0.0/0"]}, "widest range"),
        ({**WEBAPP, "allow": ["x"]}, "is no address"),
    ],
)
def test_what_makes_no_sense_is_refused(deploy, change, tmp_path, params, why) -> None:
    pools = [
        {"name": name, "members": [{"name": "a", "address": "10.1.0.2", "port": 3000}]}
        for name in ("webapp", "mysql")
    ]
    listeners = [
        {"port": 80, "pool": "webapp"},
        {"port": 3306, "pool": "mysql", "protocol": "tcp"},
    ]
    deploy(files=READS_FLAGS, pools=pools, listeners=listeners)
    for check_mode in (True, False):
        assert why in change(check_mode=check_mode, **params)["msg"]
    assert not (tmp_path / "nginx/maintenance.json").exists()


def test_pool_that_is_no_more_can_be_opened(deploy, change) -> None:
    deploy(files=READS_FLAGS)
    change(**WEBAPP)
    renamed = [{"name": "shop", "members": [{"name": "a", "address": "10.1.0.2", "port": 3000}]}]
    deploy(files=READS_FLAGS, pools=renamed, listeners=[{"port": 80, "pool": "shop"}])
    assert change(**WEBAPP, state="absent")["changed"]

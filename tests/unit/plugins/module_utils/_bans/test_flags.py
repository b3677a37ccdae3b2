# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import stat

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._bans import flags
from ansible_collections.peerlb.stack.plugins.module_utils._bans.maintenance import Maintenance


def networks(*texts: str) -> list[ipaddress.IPv4Network]:
    return [ipaddress.IPv4Network(each) for each in texts]


@pytest.mark.parametrize(
    ("network", "names"),
    [
        ("203.0.113.7/32", ["203.0.113.7"]),
        ("203.0.113.6/31", ["203.0.113.6", "203.0.113.7"]),
        ("203.0.113.0/24", ["203.0.113"]),
        ("203.0.112.0/23", ["203.0.112", "203.0.113"]),
    ],
)
def test_range_has_a_flag_for_each_address_or_each_net(network, names) -> None:
    assert flags.keys(ipaddress.IPv4Network(network)) == names


def test_widest_range_has_as_many_flags_as_it_has_nets() -> None:
    assert len(flags.keys(ipaddress.IPv4Network("203.0.0.0/16"))) == 256
    assert len(flags.keys(ipaddress.IPv4Network("203.0.113.0/25"))) == 128


def paths(root) -> set[str]:
    live = root / "live"
    return {each.relative_to(live).as_posix() for each in live.rglob("*")}


def test_flags_follow_what_is_wanted(tmp_path) -> None:
    closed = {"webapp": Maintenance(60, ("192.0.2.1/32",))}
    wanted = flags.wanted(networks("203.0.113.7/32"), closed)
    assert flags.missing(tmp_path, wanted) != []
    assert flags.apply(tmp_path, wanted) > 0
    assert flags.missing(tmp_path, wanted) == []
    keepers = {"bans", "maintenance", "retry", "allow"}
    assert paths(tmp_path) == {
        *keepers,
        "on",
        "closed",
        "bans/203.0.113.7",
        "maintenance/webapp",
        "retry/webapp.60",
        "allow/webapp",
        "allow/webapp/192.0.2.1",
    }
    assert flags.apply(tmp_path, wanted) == 0
    assert flags.apply(tmp_path, flags.wanted([], {})) > 0
    assert paths(tmp_path) == keepers


def test_only_exact_names_can_be_looked_for(tmp_path) -> None:
    flags.apply(tmp_path, flags.wanted(networks("203.0.113.7/32"), {"webapp": Maintenance()}))
    holding = {"live", "bans", "maintenance", "retry", "allow", "allow/webapp"}
    # Workers open a flag to look at it.
    listed = {"on", "closed", "maintenance/webapp", "retry/webapp.300"}
    for path in (tmp_path / "live").rglob("*"):
        name = str(path.relative_to(tmp_path / "live"))
        assert path.is_dir() == (name in holding | listed)
        wanted = 0o711 if name in holding else 0o755 if name in listed else 0o644
        assert stat.S_IMODE(path.stat().st_mode) == wanted, name
    assert stat.S_IMODE((tmp_path / "live").stat().st_mode) == 0o711


def test_whatever_stands_in_the_place_of_a_flag_goes(tmp_path) -> None:
    live, elsewhere = tmp_path / "live", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("")
    (live / "bans/203.0.113.7/deep").mkdir(parents=True)
    (live / "bans/other").symlink_to(elsewhere)
    (live / "on").write_text("")
    (live / "maintenance").write_text("")
    (live / "allow").symlink_to(elsewhere)
    wanted = flags.wanted(networks("203.0.113.7/32"), {})
    flags.apply(tmp_path, wanted)
    assert flags.missing(tmp_path, wanted) == []
    assert "bans/other" not in paths(tmp_path)
    assert (elsewhere / "kept").exists()

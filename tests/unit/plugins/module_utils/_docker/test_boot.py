# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._docker.boot import BIND, FORWARD, Boot
from ansible_collections.peerlb.stack.plugins.module_utils._docker.packages import HostError


@pytest.fixture
def boot(tmp_path) -> Boot:
    """Return the settings of a host on which none is made."""
    for name in (BIND, FORWARD):
        (tmp_path / name).write_text("0\n")
    drop_in = tmp_path / "docker.service.d/peerlb.conf"
    return Boot(lambda command: (0, "", ""), (BIND,), drop_in, tmp_path)


def test_kernel_lets_containers_start_before_their_address_comes(boot) -> None:
    assert boot.reasons() == ["containers may not come back if their address comes late"]
    boot.apply()
    assert boot.reasons() == []
    assert (boot.kernel / BIND).read_text() == "1\n"
    assert (boot.kernel / FORWARD).read_text() == "0\n"
    assert (
        "\nExecStartPre=-/bin/sh -c 'echo 1 > /proc/sys/net/ipv4/ip_nonlocal_bind'\n" in boot.text
    )


def test_setting_that_somebody_changed_is_made_again(boot) -> None:
    boot.apply()
    (boot.kernel / BIND).write_text("0\n")
    assert boot.reasons() == ["ip_nonlocal_bind is not 1"]
    boot.apply()
    assert boot.reasons() == []


def test_file_that_cannot_be_written_is_named(boot) -> None:
    boot.drop_in.parent.write_text("a file")
    with pytest.raises(HostError, match=r"cannot write .*docker\.service\.d"):
        boot.apply()

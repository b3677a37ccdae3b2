# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket

from ansible_collections.peerlb.stack.plugins.module_utils._live.systemd import tell_systemd


def test_systemd_is_told_by_its_socket(tmp_path, monkeypatch) -> None:
    place = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(place)
        heard.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", place)
        tell_systemd("READY=1")
        assert heard.recv(100) == b"READY=1"


def test_nobody_is_told_where_nobody_listens(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "none"))
    tell_systemd("READY=1")
    monkeypatch.delenv("NOTIFY_SOCKET")
    tell_systemd("READY=1")

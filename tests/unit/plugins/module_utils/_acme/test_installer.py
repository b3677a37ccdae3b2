# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of what the unit does to nginx: an installed certificate, and keys of tickets."""

from __future__ import annotations

import os
import time

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._acme.installer import Installer
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.commands import run
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.pem import CertificateError
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.store import (
    CertificateStore,
)
from support.acme import certificate, wanted

SHOP = wanted().certificates[0]


class Nginx:
    """A host with openssl and an nginx that obeys."""

    def __init__(self, root) -> None:
        """Begin with no command."""
        self.commands: list[str] = []
        self.installer = Installer(root, self.run)

    def run(self, command: list[str], **options):
        """Run openssl, and answer for docker."""
        if command[0] == "openssl":
            return run(command, **options)
        self.commands.append(" ".join(command))
        return 0, "true", ""


@pytest.fixture
def nginx(tmp_path) -> Nginx:
    """Return a host without certificates."""
    return Nginx(tmp_path)


def test_certificate_is_stored_once(nginx, tmp_path) -> None:
    chain, key = certificate(SHOP.names)
    assert nginx.installer.install(SHOP, chain + key, chain) is True
    assert nginx.installer.install(SHOP, chain + key, chain) is False
    present = CertificateStore(tmp_path).current("shop")
    assert present is not None
    assert present.source == "acme"


def test_certificate_for_a_shorter_time_is_taken(nginx) -> None:
    for days in (90, 6):
        chain, key = certificate(SHOP.names, days)
        assert nginx.installer.install(SHOP, chain + key, chain) is True


def test_certificate_for_other_names_is_refused(nginx, tmp_path) -> None:
    chain, key = certificate(["other.example"])
    with pytest.raises(CertificateError, match=r"shop\.example is not covered"):
        nginx.installer.install(SHOP, chain + key, chain)
    assert CertificateStore(tmp_path).current("shop") is None


def test_host_without_tls_has_no_keys_of_tickets(nginx, tmp_path) -> None:
    assert nginx.installer.rotate_tickets() is False
    assert not (tmp_path / "tls").exists()


def test_key_of_tickets_is_made_anew_after_a_day(nginx, tmp_path) -> None:
    (tmp_path / "tls/tickets").mkdir(parents=True)
    nginx.installer.rotate_tickets()
    nginx.commands.clear()
    assert nginx.installer.rotate_tickets() is False
    assert nginx.commands == []
    old = time.time() - 2 * 86400
    os.utime(tmp_path / "tls/tickets/0.key", (old, old))
    assert nginx.installer.rotate_tickets() is True
    assert nginx.commands[-1] == "docker exec peerlb-nginx sh -c kill -HUP 1"

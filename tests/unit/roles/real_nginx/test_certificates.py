# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates come into service at a real nginx, under handshakes, and refusals change nothing."""

from __future__ import annotations

import os
import ssl
import threading
import time

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._certificates import tickets
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.install import install
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.pem import (
    CertificateError,
    Pair,
)
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.serving import (
    ServingNginx,
    served,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.tls import Tls, tls_http_lines
from support import certificates as made
from support.nginx import programs
from support.tls_nginx import TlsNginx, client_context, group_of

found = programs()
ROOT = made.Authority()
NAMES = ("shop.example", "*.shop.example")
TLS13 = {"minimum_version": ssl.TLSVersion.TLSv1_3}
TLS12 = {"maximum_version": ssl.TLSVersion.TLSv1_2}


def pems(*ends: float) -> list[made.Made]:
    return [ROOT.issue(*NAMES, ends=each) for each in ends]


def put(nginx: TlsNginx, leaf: made.Made, **options) -> bool:
    options = {"names": NAMES, "ca": ROOT.pem, **options}
    return install(nginx.store, "shop", leaf.text, nginx.at_work, **options)


def der(leaf: made.Made) -> bytes:
    return ssl.PEM_cert_to_DER_cert(leaf.pem)


@pytest.fixture
def nginx(tmp_path) -> TlsNginx:
    root = tmp_path / "nginx"
    tls = TlsNginx(found[-1], root, {"shop": " ".join(NAMES)})
    tls.http = tls_http_lines(Tls(), mount=str(root))
    tickets.make_missing(tls.store)
    return tls


def test_certificate_is_stored_before_nginx_runs_and_then_switched(nginx) -> None:
    first, second = pems(30, 60)
    assert put(nginx, first)
    with nginx.running():
        assert nginx.handshake("www.shop.example").leaf == der(first)
        assert put(nginx, second)
        assert nginx.handshake("www.shop.example").leaf == der(second)
        assert not put(nginx, second)
    keys = (first.key.splitlines()[1], second.key.splitlines()[1])
    assert not any(key in word for key in keys for command in nginx.commands for word in command)


def test_twenty_switches_under_handshakes_lose_none(nginx) -> None:
    every = pems(*range(30, 51))
    put(nginx, every[0])
    seen: list[bytes] = []
    failures: list[Exception] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                seen.append(nginx.handshake("shop.example").leaf)
            except OSError as exc:
                failures.append(exc)

    with nginx.running():
        clients = [threading.Thread(target=ask) for _number in range(2)]
        for client in clients:
            client.start()
        for each in every[1:]:
            put(nginx, each)
        done.set()
        for client in clients:
            client.join()
    assert failures == []
    assert len(seen) > 40
    assert set(seen) <= {der(each) for each in every}
    assert len(set(seen)) > 10


def test_refused_certificate_changes_nothing(nginx) -> None:
    first = ROOT.issue(*NAMES)
    put(nginx, first)
    link = nginx.store.directory / "shop/current"
    before = os.readlink(link), sorted(each.name for each in link.parent.iterdir())
    bad = {
        "not covered": ROOT.issue("other.example", ends=99),
        "has expired": ROOT.issue(*NAMES, ends=-0.1),
        "earlier than the one": ROOT.issue(*NAMES, ends=1),
        "does not lead": made.Authority("stranger").issue(*NAMES, ends=99),
    }
    with nginx.running():
        for words, leaf in bad.items():
            with pytest.raises(CertificateError, match=words):
                put(nginx, leaf)
        assert nginx.handshake("shop.example").leaf == der(first)
    assert (os.readlink(link), sorted(each.name for each in link.parent.iterdir())) == before
    assert not any("kill -HUP 1" in command for command in nginx.commands)


def test_certificate_that_nginx_does_not_take_is_put_back(nginx) -> None:
    first, second = pems(30, 60)
    put(nginx, first)
    with nginx.running():
        conf = nginx.root / "current/nginx.conf"
        good = conf.read_text()
        conf.write_text(good + "nonsense;")
        with pytest.raises(CertificateError, match="nonsense.*\n.*former certificates are in use"):
            put(nginx, second)
        conf.write_text(good)
        assert nginx.handshake("shop.example").leaf == der(first)
        assert put(nginx, second)
    versions = [each for each in (nginx.store.directory / "shop").iterdir() if each.is_dir()]
    assert len({each.resolve() for each in versions}) == 2


class Deaf(ServingNginx):
    """An nginx that does not follow a reload."""

    def reload(self) -> None:
        pass


def test_certificate_that_no_listener_shows_is_put_back(nginx) -> None:
    first, second = pems(30, 60)
    put(nginx, first)
    with nginx.running():
        deaf = Deaf(nginx.at_work.run, nginx.root, timeout=0.5)
        with pytest.raises(CertificateError, match="for shop.example did not .*\n.*in use again"):
            install(nginx.store, "shop", second.text, deaf, names=NAMES[:1], ca=ROOT.pem)
    current = nginx.store.current("shop")
    assert current is not None
    assert current.pair.leaf == der(first)


def test_names_that_the_live_release_does_not_know_yet(nginx) -> None:
    """The release follows, or does not: a stored test may refuse it."""
    put(nginx, ROOT.issue(*NAMES))
    other = ROOT.issue("new.example")
    for changed in (True, False):
        with nginx.running():
            assert changed == install(
                nginx.store, "shop", other.text, nginx.at_work, names=["new.example"], ca=ROOT.pem
            )
            assert nginx.handshake("shop.example").leaf == der(other)


def test_run_that_was_killed_after_the_switch_is_made_good(nginx) -> None:
    first, second = pems(30, 60)
    put(nginx, first)
    with nginx.running():
        switched = nginx.store.stage("shop", Pair.parse(second.text), "acme")
        nginx.store.switch("shop", switched)
        assert nginx.handshake("shop.example").leaf == der(first)
        assert put(nginx, second)
        assert nginx.handshake("shop.example").leaf == der(second)


@pytest.mark.parametrize("version", [TLS12, TLS13], ids=["TLS 1.2", "TLS 1.3"])
def test_sessions_are_resumed_after_reload_restart_and_change_of_keys(nginx, version) -> None:
    put(nginx, ROOT.issue(*NAMES))
    context = client_context(**version)
    sessions = []

    def resumed() -> int:
        return sum(nginx.handshake("shop.example", each, context).reused for each in sessions)

    with nginx.running():
        sessions += [nginx.handshake("shop.example", None, context).session for _number in range(5)]
        assert resumed() == 5
        nginx.at_work.reload()
        time.sleep(0.3)
        assert resumed() == 5
    with nginx.running():
        assert resumed() == 5
        tickets.rotate(nginx.store, time.time() + 90000)
        nginx.at_work.reload()
        time.sleep(0.3)
        assert resumed() == 5
        tickets.rotate(nginx.store, time.time() + 180001)
    with nginx.running():
        assert resumed() == 0
    names = sorted(each.name for each in (nginx.store.directory / "tickets").iterdir())
    assert names == ["0.key", "1.key"]


def test_unknown_and_missing_names_are_refused_in_the_handshake(nginx) -> None:
    put(nginx, ROOT.issue(*NAMES))
    with nginx.running():
        for name in ("other.example", "shop.example.other"):
            with pytest.raises(ssl.SSLError):
                nginx.handshake(name)
        assert served("127.0.0.1", nginx.port, "") == b""
        assert served("127.0.0.1", nginx.port, "shop.example") != b""


def test_intermediate_profile_takes_its_ciphers_alone(nginx) -> None:
    put(nginx, ROOT.issue(*NAMES))
    with nginx.running():
        shake = nginx.handshake("shop.example", None, client_context(**TLS12))
        assert shake.cipher.startswith("ECDHE-ECDSA-")
        assert "GCM" in shake.cipher or "CHACHA20" in shake.cipher
        for old in ("ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-CCM"):
            context = client_context(**TLS12)
            context.set_ciphers(old)
            with pytest.raises(ssl.SSLError):
                nginx.handshake("shop.example", None, context)
        for group, taken in {"X25519": True, "P-256": True, "X448": False, "P-521": False}.items():
            told = group_of(nginx.port, "shop.example", "-groups", group)
            assert ("CONNECTED" in told and "Cipher is TLS_" in told) is taken, (group, told)


def test_modern_profile_takes_nothing_older_than_tls_13(nginx) -> None:
    nginx.http = tls_http_lines(Tls("modern"), mount=str(nginx.root))
    put(nginx, ROOT.issue(*NAMES))
    with nginx.running():
        assert nginx.handshake("shop.example").cipher.startswith("TLS_")
        with pytest.raises(ssl.SSLError):
            nginx.handshake("shop.example", None, client_context(**TLS12))

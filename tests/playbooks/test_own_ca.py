# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory's own CA on the controller: made once, and certificates when they are due."""

from __future__ import annotations

import re
import stat

from ansible_collections.peerlb.stack.plugins.module_utils._certificates.commands import run
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.judge import (
    Wanted,
    problems,
)
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.openssl import Openssl
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.pem import Pair
from cryptography import x509

SHOP = {"name": "shop", "names": ["shop.example", "*.shop.example"], "source": "own_ca"}
GIVEN = {"name": "blog", "names": ["blog.example"], "source": "acme"}


def changes(done) -> int:
    assert done.returncode == 0, done.stdout
    return sum(map(int, re.findall(r"changed=(\d+)", done.stdout)))


def test_ca_and_certificates_are_made_once_and_when_names_change(stack) -> None:
    place = stack.path / "ca"
    stack.variables |= {"peerlb_certificates": [SHOP, GIVEN], "peerlb_ca_dir": str(place)}
    assert changes(stack.play("own_ca", "--check")) > 0
    assert not place.exists()
    done = stack.play("own_ca", "--diff")
    assert changes(done) == 4
    assert "PRIVATE KEY" not in done.stdout
    files = {each.name: each for each in place.iterdir()}
    assert sorted(files) == ["ca.key", "ca.pem", "shop.pem"]
    assert [stat.S_IMODE(files[name].stat().st_mode) for name in ("ca.key", "shop.pem")] == [
        0o600
    ] * 2
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    ca, first = files["ca.pem"].read_text(), files["shop.pem"].read_text()
    leaf = x509.load_pem_x509_certificate(first.encode())
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days == 90
    wanted = Wanted("shop", tuple(SHOP["names"]), Pair.parse(first), ca=ca)
    now = leaf.not_valid_before_utc.timestamp() + 7200
    assert problems(Openssl(run), wanted, None, now)[1] == []
    assert changes(stack.play("own_ca")) == 0
    renamed = {**SHOP, "names": ["shop.example", "new.example"]}
    stack.variables["peerlb_certificates"] = [renamed]
    assert changes(stack.play("own_ca")) == 1
    assert files["shop.pem"].read_text() != first
    assert files["ca.pem"].read_text() == ca
    assert changes(stack.play("own_ca")) == 0


def test_stack_without_such_certificates_has_no_ca(stack) -> None:
    stack.variables |= {"peerlb_ca_dir": str(stack.path / "ca")}
    assert changes(stack.play("own_ca")) == 0
    stack.variables |= {"peerlb_certificates": [GIVEN]}
    assert changes(stack.play("own_ca")) == 0
    assert not (stack.path / "ca").exists()


def test_certificate_that_is_declared_wrongly_is_named(stack) -> None:
    stack.variables |= {"peerlb_certificates": [{**SHOP, "names": ["Shop"]}]}
    done = stack.play("own_ca")
    assert done.returncode == 2
    assert "certificate shop: names is" in done.stdout


def test_key_reaches_the_host_and_no_output(stack) -> None:
    """The host of this test has no Docker, so the play ends after the certificates."""
    listener = {"port": 443, "pool": "webapp", "tls": True}
    place = stack.path / "balancer"
    stack.variables |= {
        "peerlb_certificates": [SHOP],
        "peerlb_listeners": [listener],
        "peerlb_ca_dir": str(stack.path / "ca"),
        "nginx_lb_project_dir": str(place),
    }
    stack.variables["topology"]["flows"] += [
        {"from": "any", "to": "nginx_lb", "port": 443, "protocol": "https"},
        {"from": "nginx_lb", "to": "webapp", "port": 3000, "protocol": "http"},
    ]
    done = stack.play("nginx_lb", "--diff", "-vvv")
    pair = Pair.parse((place / "nginx/tls/shop/current/pair.pem").read_text())
    assert "names: shop.example, *.shop.example" in done.stdout
    assert pair.text == (stack.path / "ca/shop.pem").read_text()
    # The last line of the key is the end of the public key, which anybody may read.
    secret = pair.key.splitlines()[1:-2]
    assert secret
    assert not [line for line in secret if line in done.stdout]

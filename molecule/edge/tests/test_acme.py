# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates by ACME: lego on the load balancer, pebble beside the client, and no Ansible later.

pebble asks port 80 of the load balancer for the answers to its challenges, as any CA does.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import typing as t

import pytest
from support import ROOT
from support.certificates import Authority
from support.edge import readable_files_with
from support.lab import ADDRESSES, fabric_rule, output_of, run, run_in_network, shell

ROOT_DIR = "/opt/peerlb/nginx_lb/nginx"
PAIR = f"{ROOT_DIR}/tls/shop/current/pair.pem"
UNIT = "peerlb-certificates"
SHOP = {"name": "shop", "names": ["shop.example", "www.shop.example"], "source": "acme"}
ACCOUNT = {"kid": "lab", "key": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"}
CA_AT = "203.0.113.10"
DOWN = f"inet peerlb forward ip daddr {CA_AT} tcp dport 14000 reject with tcp reset"
# A drop-in: the timer looks at once, and not at three o'clock.
NOW = "[Timer]\nOnCalendar=\nOnBootSec=\nOnActiveSec=1s\nRandomizedDelaySec=0\nAccuracySec=100ms\n"
DROP_IN = f"/run/systemd/system/{UNIT}.timer.d"


class Ca:
    """The CA beside the client."""

    def __init__(self) -> None:
        """Start it; every account of it needs an external one."""
        account = f"--account={ACCOUNT['kid']}={ACCOUNT['key']}"
        told = output_of(run([sys.executable, "-m", "lab", "acme", account]))
        found = dict(line.removeprefix("lab: ").split(": ", 1) for line in told.splitlines())
        self.directory = found["directory"]
        with open(found["ca"], encoding="ascii") as file:
            self.trusted = file.read()

    def settings(self, *certificates: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
        """Return the variables with which the load balancer asks it for certificates."""
        acme = {"directory": self.directory, "ca": self.trusted, "eab": ACCOUNT}
        acme["profile"] = "shortlived"
        # No URL map: its names have no certificate of this CA.
        certified = {"peerlb_certificates": certificates, "peerlb_url_map": {}}
        return {"peerlb_acme": {**acme, **more}, **certified}

    def wants_renewal(self, pem: str) -> None:
        """Say by ARI that a certificate should have been renewed yesterday."""
        window = {"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z"}
        first = pem.partition("-----END CERTIFICATE-----")
        told = {
            "certificate": "".join(first[:2]) + "\n",
            "ariResponse": json.dumps({"suggestedWindow": window}),
        }
        url = f"https://{CA_AT}:15000/set-renewal-info/"
        run_in_network("client", "curl", "-sfk", url, "-d", json.dumps(told))


@pytest.fixture(scope="module")
def ca() -> t.Iterator[Ca]:
    """Return a CA, and lego in the mirror."""
    output_of(run([sys.executable, "-m", "lab", "images", "lego"]))
    yield Ca()
    subprocess.run([sys.executable, "-m", "lab", "acme", "--stop"], cwd=ROOT, check=True)


@pytest.fixture(scope="module", autouse=True)
def deployed(lab, stack, ca) -> t.Iterator[str]:
    """Deploy a load balancer that asks the CA; return what Ansible said."""
    shell("lb1", f"rm -rf {ROOT_DIR}/acme {ROOT_DIR}/tls/shop")
    yield lab.play("nginx_lb", **ca.settings(SHOP))
    # The CA of the inventory takes the place of the certificate that ends after it.
    lab.play("nginx_lb", nginx_lb_certificates_force=True)


def state(name: str = "shop") -> dict[str, t.Any]:
    """Return what the load balancer noted of a certificate."""
    return json.loads(shell("lb1", f"cat {ROOT_DIR}/acme/{name}.json"))


def serial() -> str:
    """Return the serial number of the certificate that nginx reads."""
    return shell("lb1", f"openssl x509 -in {PAIR} -noout -serial").strip()


def served() -> str:
    """Return the serial number of the certificate that a client is shown."""
    address = f"{ADDRESSES['lb1']}:443"
    words = ["openssl", "s_client", "-connect", address, "-servername", "shop.example"]
    chain = run_in_network("client", *words)
    return output_of(run(["openssl", "x509", "-noout", "-serial"], chain)).strip()


def look() -> int:
    """Let the unit look now; return how it ended."""
    text = f"systemctl reset-failed {UNIT}; systemctl start {UNIT}; echo $?"
    return int(shell("lb1", text).split()[-1])


def journal() -> str:
    """Return what the unit has said."""
    return shell("lb1", f"journalctl --unit {UNIT} --output cat")


def test_certificate_is_issued_by_the_play(deployed) -> None:
    assert (state()["result"], state()["message"]) == ("issued", "")
    text = shell("lb1", f"openssl x509 -in {PAIR} -noout -ext subjectAltName -issuer -dates")
    assert "DNS:shop.example, DNS:www.shop.example" in text
    assert "Pebble" in text
    assert served() == serial()


def test_keys_are_for_root_alone_and_in_no_log() -> None:
    key = shell("lb1", f"grep -A1 'PRIVATE KEY' {PAIR}").splitlines()[1]
    assert readable_files_with(key, ACCOUNT["key"], below=ROOT_DIR) == ""
    assert shell("lb1", f"stat -c %a $(readlink -f {PAIR})").strip() == "600"
    assert shell("lb1", f"stat -c %a {ROOT_DIR}/acme/shop").strip() == "700"
    assert key not in journal()
    assert ACCOUNT["key"] not in journal()


def test_answers_to_challenges_do_not_stay() -> None:
    assert shell("lb1", f"find {ROOT_DIR}/acme/webroot -type f") == ""
    url = f"http://{ADDRESSES['lb1']}/.well-known/acme-challenge/unknown"
    assert run_in_network("client", "curl", "-s", "-o/dev/null", "-w%{http_code}", url) == "404"


def test_play_that_runs_again_asks_nobody(lab, ca) -> None:
    before = state()
    assert "changed=0" in lab.play("nginx_lb", **ca.settings(SHOP))
    assert state() == before


def test_certificate_that_is_not_due_stays() -> None:
    before = serial()
    assert look() == 0
    assert (state()["result"], serial()) == ("kept", before)


def test_timer_alone_renews_what_the_ca_wants_renewed(ca) -> None:
    """No Ansible takes part."""
    before, attempted = serial(), state()["attempted"]
    ca.wants_renewal(shell("lb1", f"cat {PAIR}"))
    shell("lb1", f"mkdir -p {DROP_IN}; cat > {DROP_IN}/now.conf", NOW)
    try:
        shell("lb1", f"systemctl daemon-reload; systemctl restart {UNIT}.timer")
        end = time.monotonic() + 90
        while state()["attempted"] == attempted or state()["result"] not in ("issued", "kept"):
            assert time.monotonic() < end, journal()
            time.sleep(1)
    finally:
        shell("lb1", f"rm -r {DROP_IN}; systemctl daemon-reload; systemctl restart {UNIT}.timer")
    assert state()["result"] == "issued"
    assert serial() != before
    assert served() == serial()


def test_ca_that_is_down_costs_no_certificate_and_the_next_look_heals(ca) -> None:
    before = serial()
    ca.wants_renewal(shell("lb1", f"cat {PAIR}"))
    with fabric_rule(DOWN):
        assert look() != 0
        assert shell("lb1", f"systemctl is-failed {UNIT} || true").strip() == "failed"
    assert state()["result"] == "failed"
    assert "connection refused" in state()["message"]
    assert state()["message"] in journal()
    assert serial() == before
    assert look() == 0
    assert serial() != before
    assert shell("lb1", f"systemctl is-failed {UNIT} || true").strip() != "failed"


def test_refusal_is_told_in_the_words_of_the_ca_and_not_repeated(lab, ca) -> None:
    bad = {"name": "bad", "names": ["refused.example"], "source": "acme"}
    shell("lb1", f"rm -rf {ROOT_DIR}/acme/bad*")
    output = lab.play("nginx_lb", fails=True, **ca.settings(SHOP, bad))
    assert "rejectedIdentifier" in output
    assert "acme:error" in state("bad")["message"]
    assert state("bad")["failures"] == 1
    attempted = state("bad")["attempted"]
    output = lab.play("nginx_lb", fails=True, **ca.settings(SHOP, bad))
    assert "is not asked again before" in output
    assert state("bad")["attempted"] == attempted
    good = {**bad, "names": ["bad.shop.example"]}
    lab.play("nginx_lb", **ca.settings(SHOP, good))
    assert state("bad")["result"] == "issued"


def test_ca_that_is_not_trusted_at_first_is_said_and_the_next_play_heals(lab, ca) -> None:
    late = {"name": "late", "names": ["late.shop.example"], "source": "acme"}
    shell("lb1", f"rm -rf {ROOT_DIR}/acme/late*")
    other = Authority().pem
    output = lab.play("nginx_lb", fails=True, **ca.settings(SHOP, late, ca=other))
    assert "certificate signed by unknown authority" in " ".join(output.split())
    assert run_in_network("client", "curl", "-sf", f"http://{ADDRESSES['lb1']}/")
    lab.play("nginx_lb", **ca.settings(SHOP, late))
    assert state("late")["result"] == "issued"

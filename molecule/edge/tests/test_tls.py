# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS as clients meet it: names, versions, resumption, a browser; and keys that nobody sees."""

from __future__ import annotations

import subprocess
import time

import pytest
from support.certificates import Authority
from support.chromium import started
from support.edge import CA, NAME, ROOT, readable_files_with
from support.lab import ADDRESSES, in_network, run, shell

ADDRESS = ADDRESSES["lb1"]
PAIR = "/opt/peerlb/nginx_lb/nginx/tls/shop/current/pair.pem"
SSLYZE = ROOT / ".cache/sslyze/bin/sslyze"
SHOP = {"name": "shop", "names": [NAME, "www.shop.example", "localhost"]}


def handshake(*options: str, name: str = NAME) -> str:
    """Return what openssl says of one handshake, with an empty request."""
    words = ["openssl", "s_client", "-connect", f"{ADDRESS}:443", "-CAfile", str(CA)]
    words += ["-servername", name] if name else ["-noservername"]
    done = run(in_network("client", *words, *options), "", seconds=10)
    return done.stdout + done.stderr


def serial() -> str:
    """Return the serial number of the certificate that a client is shown."""
    chain = handshake()
    return run(["openssl", "x509", "-noout", "-serial"], chain).stdout.strip()


def test_http_leads_to_https_with_path_and_query(lab) -> None:
    told = lab.curl(
        "-o/dev/null", "-w%{http_code} %{redirect_url}", url=f"http://{NAME}/a%2Fb?c=d&e"
    )
    assert told == f"308 https://{NAME}/a%2Fb?c=d&e"


def test_page_comes_by_both_versions(lab) -> None:
    for option, version in (("--http1.1", "1.1"), ("--http2", "2")):
        told = lab.curl(option, "-o/dev/null", "-w%{http_code} %{http_version}")
        assert told == f"200 {version}"
    assert "max-age=300" in lab.curl("-I").lower()


def test_name_that_is_not_declared_is_refused_in_the_handshake() -> None:
    for name in ("unknown.example", ""):
        told = handshake(name=name)
        assert "unrecognized name" in told, told
        assert "BEGIN CERTIFICATE" not in told


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_clients_resume_after_a_reload_and_a_restart(tmp_path, figures, version) -> None:
    session = tmp_path / "session"
    # In TLS 1.3 the ticket comes with the answer.
    words = ["openssl", "s_client", "-connect", f"{ADDRESS}:443", "-servername", NAME, version]
    request = f"GET / HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n"
    first = in_network("client", *words, "-ign_eof", "-sess_out", str(session))
    run(first, request, seconds=10)
    resumed = {}
    for event, command in {
        "reload": "docker kill --signal HUP peerlb-nginx",
        "restart": "docker restart peerlb-nginx",
    }.items():
        shell("lb1", command)
        time.sleep(1)
        again = in_network("client", *words, "-ign_eof", "-sess_in", str(session))
        told = [run(again, request, seconds=10).stdout for _each in range(10)]
        resumed[event] = sum("Reused, " in each for each in told)
    figures[f"resumed {version}"] = f"{resumed} of 10 each"
    assert min(resumed.values()) >= 9


def test_sslyze_has_no_finding_but_the_private_ca(tmp_path) -> None:
    words = ["--mozilla_config=intermediate", f"--sni={NAME}", f"{ADDRESS}:443"]
    done = run(in_network("client", str(SSLYZE), *words), seconds=120)
    _head, _line, verdict = done.stdout.partition("COMPLIANCE AGAINST")
    findings = [line.strip() for line in verdict.splitlines() if line.strip().startswith("*")]
    assert verdict, done.stdout + done.stderr
    assert [each for each in findings if "path validation" not in each.lower()] == [], verdict


def test_browser_that_trusts_the_ca_opens_the_page(tmp_path, monkeypatch) -> None:
    for trusted in (False, True):
        home = tmp_path / str(trusted)
        store = home / ".pki/nssdb"
        store.mkdir(parents=True)
        subprocess.run(["certutil", "-d", f"sql:{store}", "-N", "--empty-password"], check=True)
        if trusted:
            adding = ["-A", "-t", "C,,", "-n", "lab", "-i", str(CA)]
            subprocess.run(["certutil", "-d", f"sql:{store}", *adding], check=True)
        monkeypatch.setenv("HOME", str(home))
        flags = [f"--host-resolver-rules=MAP {NAME} {ADDRESS}"]
        with started(home / "profile", *flags, entering=in_network("client")) as browser:
            error = browser.call("Page.navigate", url=f"https://{NAME}/").get("errorText", "")
            if not trusted:
                assert error == "net::ERR_CERT_AUTHORITY_INVALID"
                continue
            assert error == ""
            browser.wait("location.protocol + document.readyState", "https:complete")
            assert "web" in browser.evaluate("document.body.innerText")
            assert browser.evaluate("isSecureContext") is True


def given(authority: Authority, *names: str, **options: float) -> dict:
    """Return the declaration of a certificate of this CA."""
    made = authority.issue(*names, **options)
    pair = {"certificate": made.chain, "key": made.key, "ca": authority.pem}
    return {**SHOP, "source": "given", **pair}


def test_wrong_certificate_is_refused_by_name_before_anything_changes(lab) -> None:
    authority = Authority()
    good = given(authority, *SHOP["names"])
    other = given(authority, *SHOP["names"])
    wrong = {
        "key": {**good, "key": other["key"]},
        "expired": given(authority, *SHOP["names"], begins=-9, ends=-1),
        "www.shop.example": given(authority, NAME, "localhost"),
    }
    before = serial(), lab.serving(), shell("lb1", f"readlink -f {PAIR}")
    for word, declared in wrong.items():
        output = lab.play("nginx_lb", fails=True, peerlb_certificates=[declared])
        assert word in output
        assert "shop" in output
        assert declared["key"].splitlines()[1] not in output
        assert (serial(), lab.serving(), shell("lb1", f"readlink -f {PAIR}")) == before
    assert lab.code(f"https://{NAME}/") == "200"


def test_rollback_over_a_renewal_keeps_the_newer_certificate(lab) -> None:
    lab.play("nginx_lb", nginx_lb_server_names=[], peerlb_tls={"redirect": True, "http2": False})
    former, release = serial(), lab.serving()
    # The play renews a certificate whose file is gone.
    (CA.parent / "shop.pem").unlink()
    lab.play("nginx_lb")
    renewed = serial()
    assert renewed != former
    lab.play("rollback")
    assert (serial(), lab.serving()) == (renewed, release)
    lab.play("nginx_lb")


def test_key_is_in_no_log_argv_readable_file_or_git() -> None:
    key = shell("lb1", f"grep -A1 'PRIVATE KEY' {PAIR}").splitlines()[1]
    assert readable_files_with(key, below="/opt/peerlb /var/log/peerlb /run /tmp") == ""
    shell("lb1", "umask 022; cat > /tmp/readable", key)
    assert readable_files_with(key, below="/tmp") == "/tmp/readable\n"
    shell("lb1", "rm /tmp/readable")
    for place in (
        "journalctl --no-pager -n 20000",
        "docker logs peerlb-nginx 2>&1",
        "docker inspect peerlb-nginx",
        "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n'",
    ):
        assert key not in shell("lb1", place), place
    assert shell("lb1", f"stat -c %a $(readlink -f {PAIR})").strip() == "600"
    assert run(["git", "grep", "--quiet", "-F", key]).returncode == 1
    assert run(["git", "check-ignore", "--quiet", str(CA)]).returncode == 0


def test_status_and_verify_show_the_days_that_are_left(lab, tmp_path) -> None:
    told = lab.play("lb_status")
    assert "shop" in told
    assert "own_ca" in told
    output = lab.play("verify", fails=True, verify_certificate_days=3650)
    assert "shop" in output

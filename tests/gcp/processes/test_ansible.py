# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gcp_network_info as Ansible runs it: its output, its log and the list of processes."""

from __future__ import annotations

import shlex
import subprocess
import threading
import time
from pathlib import Path

import pytest
from support.gcp_fake.api import error
from support.gcp_fake.identity import Authority

ASKED = "project=shop-42 auth_kind=serviceaccount service_account_file={key}"


@pytest.fixture
def ask(command, fake, tmp_path):
    """Run the module as a service account, with the default endpoint of the API."""
    (tmp_path / "key.json").write_text(fake.identity.key_file())
    words = ASKED.format(key=shlex.quote(str(tmp_path / "key.json")))

    def run(*more: str, **variables: str) -> subprocess.CompletedProcess:
        verbose = ["localhost", "-vvvv", "-m", "peerlb.stack.gcp_network_info"]
        log = {"ANSIBLE_LOG_PATH": str(tmp_path / "log")}
        arguments = " ".join([words, *more])
        return command("ansible", *verbose, "-a", arguments, **log, **variables)

    return run


def test_project_is_read_from_googles_own_url(ask, fake) -> None:
    done = ask()
    assert done.returncode == 0, done.stdout
    assert set(fake.tunnels) >= {"compute.googleapis.com", "oauth2.googleapis.com"}
    assert "vpc-nginx-lb-to-vpc-webapp" in done.stdout


def test_secrets_are_in_no_output_log_or_process_list(ask, fake, tmp_path) -> None:
    """Neither after success, nor if the API repeats the token in its error."""
    seen = watched(ask)
    fake.fail("networks", answer=error(400, "What is " + "Bearer " + "ya29.nobody's?"))
    seen += watched(ask)
    seen += (tmp_path / "log").read_text()
    key = fake.identity.key_file().split("\\n")[1]
    assert len(fake.identity.issued) >= 2
    assert "What is Bearer (secret)" in seen
    for secret in [*fake.identity.issued, *fake.identity.assertions, key, "ya29."]:
        assert secret not in seen


def watched(ask) -> str:
    """Return the output of a run, and the arguments of all processes during the run."""
    lines: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    lines.add(path.read_text().replace("\0", " "))
                except OSError:  # the process has ended
                    continue
            time.sleep(0.01)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        done = ask()
    finally:
        over.set()
        watcher.join()
    assert any("gcp_network_info" in line for line in lines)
    return done.stdout + done.stderr + "\n".join(lines)


def test_certificate_of_unknown_authority_is_refused(ask, tmp_path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(Authority().certificate)
    done = ask(REQUESTS_CA_BUNDLE=str(other))
    assert done.returncode != 0
    assert "no access token could be had" in done.stdout
    assert "CERTIFICATE_VERIFY_FAILED" in done.stdout


def test_module_without_a_network_ends_at_its_timeout(ask) -> None:
    done = ask("timeout=2", HTTPS_PROXY="http://127.0.0.1:9")
    assert done.returncode != 0
    assert "FAILED" in done.stdout

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every test here runs against a cloud on the loopback device, and no other network is there."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.peerlb.stack.plugins.modules import gcp_network_info
from support import ROOT
from support.gcp_fake.server import Fake


def pytest_sessionstart() -> None:
    """Refuse to run where a mistake could reach a real cloud."""
    others = [name for _index, name in socket.if_nameindex() if name != "lo"]
    if others:
        pytest.exit(
            f"tests/gcp: {', '.join(others)} is a way to other machines; run it as"
            " 'python scripts/test.py gcp' does, in a network namespace of its own",
            returncode=3,
        )


@pytest.fixture
def fake(tmp_path, monkeypatch) -> t.Iterator[Fake]:
    """A cloud that holds the example; whatever it answered must have been as published."""
    for name in [each for each in os.environ if each.startswith(("GCP_", "GOOGLE_", "CLOUDSDK"))]:
        monkeypatch.delenv(name)
    with Fake(tmp_path) as cloud:
        yield cloud
    assert cloud.api.violations == []


@pytest.fixture
def token(fake) -> str:
    """A token from elsewhere."""
    scopes = ["https://www.googleapis.com/auth/compute.readonly"]
    return fake.identity.issue(scopes)["access_token"]


@pytest.fixture
def info(fake, token, capsys) -> t.Callable[..., dict]:
    """Run gcp_network_info in this process, with a token unless told otherwise."""

    def run(**params: t.Any) -> dict:
        given = {"project": "shop-42", "endpoint": fake.endpoint, **params}
        if "auth_kind" not in params:
            given.update(auth_kind="accesstoken", access_token=token)
        with patch_module_args(given), pytest.raises(SystemExit):
            gcp_network_info.main()
        shown = capsys.readouterr()
        assert shown.err == ""
        for secret in [*fake.identity.issued, *fake.identity.assertions, "PRIVATE KEY"]:
            assert secret not in shown.out
        return json.loads(shown.out)

    return run


@pytest.fixture
def command(fake, tmp_path) -> t.Callable[..., subprocess.CompletedProcess]:
    """Run a program of the environment, to which the fake is all of Google."""

    def run(program: str, *words: t.Any, **variables: str) -> subprocess.CompletedProcess:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE")}
        environment = {
            **kept,
            **fake.environment(),
            "HOME": str(tmp_path),
            "ANSIBLE_LOCAL_TEMP": str(tmp_path / "local"),
            "ANSIBLE_REMOTE_TEMP": str(tmp_path / "remote"),
            "ANSIBLE_NOCOLOR": "1",
            **variables,
        }
        found = Path(sys.executable).parent / program
        return subprocess.run(
            [found if found.exists() else program, *map(str, words)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run

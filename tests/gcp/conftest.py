# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests against a fake of Google Cloud, in a network namespace that has only a loopback device.

`module` runs the module in the tests' own process. `processes` starts Ansible and gcloud.
"""

from __future__ import annotations

import json
import os
import socket
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.peerlb.stack.plugins.modules import gcp_network_info
from support.gcp_fake.server import Fake


def pytest_sessionstart() -> None:
    """Refuse to run where a mistake could reach the real cloud."""
    others = [name for _index, name in socket.if_nameindex() if name != "lo"]
    if others:
        pytest.exit(
            f"tests/gcp: {', '.join(others)} is a way to other machines; run it as"
            " 'python scripts/test.py gcp gcp-processes' does, in a network namespace of its own",
            returncode=3,
        )


@pytest.fixture
def fake(tmp_path, monkeypatch) -> t.Iterator[Fake]:
    """The fake with the example project. In the end, its answers must have been as published."""
    for name in [each for each in os.environ if each.startswith(("GCP_", "GOOGLE_", "CLOUDSDK"))]:
        monkeypatch.delenv(name)
    with Fake(tmp_path) as cloud:
        yield cloud
    assert cloud.api.violations == []


@pytest.fixture
def token(fake) -> str:
    """An access token that was issued without a key, as by gcloud auth print-access-token."""
    scopes = ["https://www.googleapis.com/auth/compute.readonly"]
    return fake.identity.issue(scopes)["access_token"]


@pytest.fixture
def info(fake, token, capsys) -> t.Callable[..., dict]:
    """Run gcp_network_info in this process, with an access token unless told otherwise."""

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

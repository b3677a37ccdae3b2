# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.api.credentials import (
    SCOPES,
    find_credentials,
    secure_url,
)
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.api.session import GcpError
from google.auth import compute_engine

NOTHING = {
    "auth_kind": "application",
    "service_account_file": None,
    "service_account_contents": None,
    "service_account_email": None,
    "access_token": None,
}


@pytest.fixture(scope="module")
def key() -> dict[str, str]:
    """A service account's key, as gcloud writes it."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    ).decode()
    return {
        "type": "service_account",
        "project_id": "p",
        "private_key": pem,
        "private_key_id": "1",
        "client_email": "reader@p.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://compute.googleapis.com/compute/v1/", "https://compute.googleapis.com/compute/v1"),
        ("http://127.0.0.1:8080/compute/v1", "http://127.0.0.1:8080/compute/v1"),
        ("http://[::1]:80", "http://[::1]:80"),
        ("http://localhost/x/", "http://localhost/x"),
    ],
)
def test_secure_endpoints_are_accepted(url, kept) -> None:
    assert secure_url("endpoint", url) == kept


@pytest.mark.parametrize(
    "url",
    [
        *("http://compute.googleapis.com", "http://127.0.0.1.example.com", "http://10.0.0.1"),
        *("https://", "compute.googleapis.com", "ftp://x", "file:///etc/passwd", "", "http://[x"),
        *("https://user:hunter2@x", "https://x/?key=hunter2", "https://x/#hunter2"),
    ],
)
def test_insecure_endpoints_are_refused_and_not_quoted(url) -> None:
    with pytest.raises(GcpError, match="endpoint: must be an https:// URL") as caught:
        secure_url("endpoint", url)
    assert "hunter2" not in str(caught.value)


def test_line_end_of_a_token_is_stripped() -> None:
    found = find_credentials({**NOTHING, "auth_kind": "accesstoken", "access_token": "t\n"})
    assert found.token == "t"


@pytest.mark.parametrize("email", [None, "x@y.z"])
def test_machine_account_uses_the_metadata_server(email) -> None:
    params = {**NOTHING, "auth_kind": "machineaccount", "service_account_email": email}
    found = find_credentials(params)
    assert isinstance(found, compute_engine.Credentials)
    assert found.service_account_email == (email or "default")


@pytest.mark.parametrize("way", ["service_account_file", "service_account_contents"])
def test_service_account_gets_the_read_only_scope(key, way, tmp_path) -> None:
    (tmp_path / "key.json").write_text(json.dumps(key))
    value = str(tmp_path / "key.json") if way == "service_account_file" else json.dumps(key)
    found = find_credentials({**NOTHING, "auth_kind": "serviceaccount", way: value})
    assert found.service_account_email == key["client_email"]
    assert found.scopes == SCOPES == ["https://www.googleapis.com/auth/compute.readonly"]


def test_application_default_credentials_are_found(key, tmp_path, monkeypatch) -> None:
    (tmp_path / "key.json").write_text(json.dumps(key))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    assert find_credentials(NOTHING).service_account_email == key["client_email"]


def test_missing_application_default_credentials_are_an_error(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(GcpError, match="auth_kind application: .*none.json was not found"):
        find_credentials(NOTHING)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"private_key": "-----BEGIN hunter2"}, "is not the JSON key of a service account"),
        ({"client_email": None, "private_key": 7}, "is not the JSON key of a service account"),
        ({"token_uri": "http://example.com/hunter2"}, "token_uri of service_account_contents"),
    ],
)
def test_error_about_broken_key_does_not_quote_it(key, change, message) -> None:
    broken = json.dumps({**key, **change})
    with pytest.raises(GcpError, match=message) as caught:
        find_credentials(
            {**NOTHING, "auth_kind": "serviceaccount", "service_account_contents": broken}
        )
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", "not JSON: hunter2", "\xff"])
def test_file_that_is_no_key_is_an_error(text, tmp_path) -> None:
    path = tmp_path / "key.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(GcpError, match=f"service_account_file {path}: is no") as caught:
        find_credentials(
            {**NOTHING, "auth_kind": "serviceaccount", "service_account_file": str(path)}
        )
    assert "hunter2" not in str(caught.value)


def test_missing_key_file_is_named(tmp_path) -> None:
    with pytest.raises(GcpError, match="key.json: No such file or directory"):
        find_credentials(
            {
                **NOTHING,
                "auth_kind": "serviceaccount",
                "service_account_file": str(tmp_path / "key.json"),
            }
        )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._docker.logins import (
    LoginError,
    auth_header,
    read_config,
)
from ansible_collections.peerlb.stack.plugins.module_utils._docker.names import ImageName

OWN, HUB = ImageName.parse("registry.example:5000/web:1"), ImageName.parse("nginx:1.30")
LOGIN = {"auth": base64.b64encode(b"ada:se:cret").decode()}
ADA = {"username": "ada", "password": "se:cret"}


def sent(config: dict, name: ImageName = OWN) -> dict:
    """Return the login that the engine gets, {} for none."""
    header = auth_header(config, name, 2.0)
    return json.loads(base64.urlsafe_b64decode(header)) if header else {}


@pytest.mark.parametrize(
    "auths, name, login",
    [
        ({"registry.example:5000": LOGIN}, OWN, ADA),
        ({"https://registry.example:5000/v1/": LOGIN}, OWN, ADA),
        ({"registry.example": LOGIN}, OWN, {}),
        ({"https://index.docker.io/v1/": LOGIN}, HUB, ADA),
        ({"registry.example:5000": LOGIN}, HUB, {}),
        ({"registry.example:5000": {"identitytoken": "t"}}, OWN, {"identitytoken": "t"}),
        ({"registry.example:5000": {}}, OWN, {}),
        ({"registry.example:5000": {"auth": "*"}}, OWN, {}),
        (None, OWN, {}),
    ],
)
def test_login_of_the_file(auths, name, login) -> None:
    expected = {**login, "serveraddress": name.server} if login else {}
    assert sent({"auths": auths}, name) == expected


@pytest.fixture
def helper(tmp_path, monkeypatch):
    """Return a function that makes a script the credential helper "own"."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def make(script: str) -> None:
        path = Path(tmp_path / "docker-credential-own")
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    return make


ANSWER = """test "$1" = get || exit 9
read -r server; echo '{"Username": "'"$1 $server"'", "Secret": "s"}'"""


def test_helper_of_the_registry_comes_first(helper) -> None:
    helper(ANSWER)
    config = {
        "credHelpers": {OWN.server: "own"},
        "credsStore": "none",
        "auths": {OWN.server: LOGIN},
    }
    assert sent(config)["username"] == f"get {OWN.server}"
    assert sent({"credsStore": "own"}, HUB)["username"] == f"get {HUB.server}"


def test_helper_may_answer_a_token_or_know_nothing(helper) -> None:
    config = {"credsStore": "own"}
    helper("""echo '{"Username": "<token>", "Secret": "t"}'""")
    assert sent(config) == {"identitytoken": "t", "serveraddress": OWN.server}
    helper("echo 'credentials not found in native keychain'; exit 1")
    assert sent(config) == {}


@pytest.mark.parametrize(
    "script, words",
    [
        ("echo 'no metadata server answers'; exit 1", "-own: no metadata server answers"),
        ("echo secret", "docker-credential-own answers no login"),
        ("echo '[]'", "docker-credential-own answers no login"),
        ("exec sleep 5", r"does not answer \(TimeoutExpired\)"),
    ],
)
def test_helper_that_fails_is_named(helper, script, words) -> None:
    helper(script)
    with pytest.raises(LoginError, match=words):
        auth_header({"credsStore": "own"}, OWN, 0.3)


def test_missing_helper_is_named(helper) -> None:
    with pytest.raises(LoginError, match="helper docker-credential-own, which is missing"):
        auth_header({"credsStore": "own"}, OWN, 1)


@pytest.mark.parametrize(
    "content, config", [(None, {}), ('{"auths": {}}', {"auths": {}}), ("[]", {})]
)
def test_configuration_is_read(tmp_path, monkeypatch, content, config) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    assert read_config() == config


def test_damaged_configuration_is_not_quoted(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text('{"auths": "c2VjcmV0"')
    with pytest.raises(LoginError, match="cannot be read as JSON") as caught:
        read_config()
    assert "c2VjcmV0" not in str(caught.value)

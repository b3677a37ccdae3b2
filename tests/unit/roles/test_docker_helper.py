# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the credential helper, started as Docker starts it, with a fake metadata server."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from support import ROOT

HELPER = ROOT / "roles/docker/files/docker-credential-peerlb-gce.py"
REGISTRY = "europe-west1-docker.pkg.dev"
OURS = "peerlb-gce"
SECRET = "ya29.a-token"


class Metadata:
    """The answer of the metadata server, and the requests that it received."""

    def __init__(self) -> None:
        self.status, self.flavor = 200, "Google"
        self.body = json.dumps({"access_token": SECRET, "expires_in": 3599}).encode()
        self.requests: list[tuple[str, str | None]] = []


@pytest.fixture
def metadata(monkeypatch) -> t.Iterator[Metadata]:
    """Return the answer of a running metadata server. Tests may change the answer."""
    answer = Metadata()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer.requests.append((self.path, self.headers["Metadata-Flavor"]))
            self.send_response(answer.status)
            self.send_header("Metadata-Flavor", answer.flavor)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_words: t.Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("GCE_METADATA_HOST", f"127.0.0.1:{server.server_port}")
    # Nothing listens there, so that a request through a proxy fails.
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    yield answer
    server.shutdown()
    thread.join()
    server.server_close()


def run(*arguments: str, text: str = "") -> tuple[int, str]:
    """Return the exit code and stdout of the helper. Docker reads nothing else."""
    done = subprocess.run(
        (sys.executable, "-I", str(HELPER), *arguments),
        input=text, env=dict(os.environ), capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_get_returns_the_token_as_a_login(metadata) -> None:
    code, output = run("get", text=f"{REGISTRY}\n")
    assert code == 0
    assert json.loads(output) == {
        "ServerURL": REGISTRY,
        "Username": "oauth2accesstoken",
        "Secret": SECRET,
    }
    path = "/computeMetadata/v1/instance/service-accounts/default/token"
    assert metadata.requests == [(path, "Google")]


@pytest.mark.parametrize(
    "answer, words",
    [
        ({"status": 404}, "answers 404 instead of a token; 404 means that the VM has no service"),
        ({"status": 503}, "answers 503 instead"),
        ({"flavor": "none"}, "is not Google's metadata server"),
        ({"body": b"<html>"}, "answers without a token"),
        ({"body": b"[]"}, "answers without a token"),
        ({"body": b'{"token": "x"}'}, "answers without a token"),
    ],
)
def test_error_says_why_the_answer_has_no_token(metadata, answer, words) -> None:
    vars(metadata).update(answer)
    code, output = run("get", text=REGISTRY)
    assert code == 1
    assert words in output
    assert os.environ["GCE_METADATA_HOST"] in output
    assert SECRET not in output


@pytest.mark.parametrize("place", ["127.0.0.1:1", "metadata.invalid", "127.0.0.1:port"])
def test_missing_metadata_server_is_an_error_with_a_reason(monkeypatch, place) -> None:
    monkeypatch.setenv("GCE_METADATA_HOST", place)
    code, output = run("get", text=REGISTRY)
    assert code == 1
    assert f"no metadata server answers at {place} (" in output
    assert "only a VM of Google Cloud has one" in output


@pytest.mark.parametrize(
    "action, text, code, output",
    [
        ("list", "", 0, "{}\n"),
        ("erase", REGISTRY, 0, ""),
        ("get", "\n", 1, "no credentials server URL\n"),
        ("store", "{}", 1, "nothing is stored: the VM's own token is fetched at each pull\n"),
        ("frob", "", 1, "unknown action 'frob'; there are get, store, erase, list and configure\n"),
    ],
)
def test_other_actions_need_no_metadata_server(metadata, action, text, code, output) -> None:
    assert run(action, text=text) == (code, output)
    assert metadata.requests == []


@pytest.fixture
def config(tmp_path, monkeypatch) -> Path:
    """The path of Docker's configuration, which does not exist yet."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "root/.docker"))
    return tmp_path / "root/.docker/config.json"


def write(path: Path, content: t.Any) -> None:
    """Write a configuration for Docker, either as text or as a value that becomes JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(0o600)


OTHERS = {
    "auths": {"registry.example.com": {"auth": "c2VjcmV0"}},
    "credsStore": "pass",
    "credHelpers": {"other.example.com": "ecr-login"},
}


@pytest.mark.parametrize(
    "before, registries, after",
    [
        (None, [REGISTRY], {"credHelpers": {REGISTRY: OURS}}),
        (
            OTHERS,
            [REGISTRY],
            {**OTHERS, "credHelpers": {**OTHERS["credHelpers"], REGISTRY: OURS}},
        ),
        ({"credHelpers": {REGISTRY: "gcloud"}}, [REGISTRY], {"credHelpers": {REGISTRY: OURS}}),
        ({"credHelpers": {"gcr.io": OURS}}, [REGISTRY], {"credHelpers": {REGISTRY: OURS}}),
        ({"credHelpers": {"gcr.io": OURS}, "x": 1}, [], {"x": 1}),
        (
            {"credHelpers": {"gcr.io": OURS, **OTHERS["credHelpers"]}},
            [],
            {"credHelpers": OTHERS["credHelpers"]},
        ),
    ],
)
def test_configure_changes_only_its_own_registries(
    metadata, config, before, registries, after
) -> None:
    if before is not None:
        write(config, before)
    text = config.read_text() if before is not None else None
    predicted = run("configure", "--check", *registries)
    assert predicted[0] == 0
    assert predicted[1]
    assert (config.read_text() if config.exists() else None) == text

    assert run("configure", *registries) == predicted
    assert json.loads(config.read_text()) == after
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert stat.S_IMODE(config.parent.stat().st_mode) & 0o077 == 0 or before is not None
    assert os.listdir(config.parent) == ["config.json"]
    assert run("configure", *registries) == (0, "")
    assert SECRET not in config.read_text() + predicted[1]


def test_configuration_becomes_readable_by_its_owner_only(metadata, config) -> None:
    write(config, {"credHelpers": {REGISTRY: OURS}})
    config.chmod(0o644)
    assert run("configure", REGISTRY) == (0, f"{config}: mode 0644 -> 0600\n")
    assert stat.S_IMODE(config.stat().st_mode) == 0o600


def test_configure_without_registries_creates_no_file(config) -> None:
    assert run("configure") == (0, "")
    assert not config.parent.exists()


@pytest.mark.parametrize(
    "content", ['{"auths": {"x": "c2VjcmV0"', '["c2VjcmV0"]', '{"credHelpers": 1}']
)
def test_invalid_configuration_is_neither_changed_nor_quoted(metadata, config, content) -> None:
    write(config, content)
    code, output = run("configure", REGISTRY)
    assert code == 1
    assert output.startswith(str(config))
    assert "correct it or remove it" in output
    assert "c2VjcmV0" not in output
    assert config.read_text() == content


def test_vm_without_a_token_is_not_configured(metadata, config) -> None:
    metadata.status = 404
    code, output = run("configure", REGISTRY)
    assert code == 1
    assert "the VM has no service account" in output
    assert not config.exists()


@pytest.mark.slow
def test_role_installs_and_removes_the_helper(metadata, config, tmp_path, run_tasks) -> None:
    helper = tmp_path / "docker-credential-peerlb-gce"
    write(config, OTHERS)

    def play(*registries: str) -> str:
        variables = {"docker_metadata_registries": registries, "__docker_helper": str(helper)}
        return run_tasks("peerlb.stack.docker", "registries", "--diff", "-vvv", **variables)

    output = play(REGISTRY)
    assert "changed=2" in output
    assert json.loads(config.read_text())["credHelpers"][REGISTRY] == OURS
    done = subprocess.run(helper, input="", capture_output=True, text=True, check=False)
    assert done.stdout == "unknown action ''; there are get, store, erase, list and configure\n"

    output += play()
    assert "failed=0" in output
    assert json.loads(config.read_text()) == OTHERS
    assert not helper.exists()

    metadata.status = 404
    output += play(REGISTRY)
    assert f"localhost cannot log in to {REGISTRY}: the metadata server" in output
    assert json.loads(config.read_text()) == OTHERS
    # Even with -vvv, Ansible shows neither the token nor another login.
    assert SECRET not in output
    assert OTHERS["auths"]["registry.example.com"]["auth"] not in output

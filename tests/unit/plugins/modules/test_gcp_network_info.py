# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import http.server
import threading

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.peerlb.stack.plugins.modules import gcp_network_info


@pytest.fixture
def endpoint():
    """An API with empty lists, which refuses the project "forbidden" and all routes."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["Authorization"])
            refused = "/projects/forbidden/" in self.path or "/routes" in self.path
            self.send_response(403 if refused else 200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_args) -> None:
            pass

    seen: list[str] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield {
        "endpoint": f"http://127.0.0.1:{server.server_address[1]}",
        "auth_kind": "accesstoken",
        "access_token": "hunter2-token",
    }
    assert set(seen) <= {"Bearer hunter2-token"}
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("check_mode", [False, True])
def test_project_is_read(run_module, endpoint, check_mode, monkeypatch) -> None:
    warned: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _self, text: warned.append(text))
    found = run_module(gcp_network_info, project="empty", check_mode=check_mode, **endpoint)
    assert found["changed"] is False
    assert (found["project"]["project"], found["project"]["calls"]) == ("empty", 6)
    (gap,) = found["project"]["incomplete"]
    assert gap["what"] == "routes"
    assert [text.partition(": ")[0] for text in warned] == [
        "routes of projects/empty could not be read"
    ]


def test_forbidden_project_is_an_error(run_module, endpoint) -> None:
    failed = run_module(gcp_network_info, project="forbidden", **endpoint)
    assert failed["failed"]
    assert "projects/forbidden/global/networks: 403" in failed["msg"]
    assert "hunter2" not in str(failed)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "project"),
        ({"project": "p", "auth_kind": "accesstoken"}, "access_token"),
        ({"project": "p", "auth_kind": "serviceaccount"}, "service_account_file"),
        ({"project": "p", "endpoint": "http://example.com"}, "endpoint: must be an https:// URL"),
    ],
)
def test_missing_or_wrong_parameter_is_named(run_module, params, message) -> None:
    failed = run_module(gcp_network_info, **params)
    assert failed["failed"]
    assert message in failed["msg"]


def test_missing_google_auth_is_an_error_with_its_name(run_module, monkeypatch) -> None:
    monkeypatch.setattr(gcp_network_info, "IMPORT_ERROR", "ImportError: no google")
    failed = run_module(gcp_network_info, project="p")
    assert "google-auth and requests" in failed["msg"]


def test_documentation_names_all_results(run_module, endpoint) -> None:
    found = run_module(gcp_network_info, project="empty", **endpoint)
    told = yaml.safe_load(gcp_network_info.RETURN)["project"]["contains"]
    assert set(told) == set(found["project"])


def test_environment_variables_replace_missing_parameters(
    run_module, endpoint, monkeypatch
) -> None:
    monkeypatch.setenv("GCP_PROJECT", "empty")
    monkeypatch.setenv("GCP_AUTH_KIND", "accesstoken")
    monkeypatch.setenv("GCP_ACCESS_TOKEN", endpoint["access_token"])
    found = run_module(gcp_network_info, endpoint=endpoint["endpoint"])
    assert found["project"]["project"] == "empty"

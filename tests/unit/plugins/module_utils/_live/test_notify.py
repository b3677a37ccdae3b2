# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import threading
import time
import typing as t
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._live import notify as notify_module
from ansible_collections.peerlb.stack.plugins.module_utils._live.notify import (
    QUEUE,
    Hook,
    Notifier,
    event,
    notify,
    tell_of_failure,
)

NEWS = event("member_out", "webapp", "web2", "refuses connections")
TOKEN = "T0KEN"


@pytest.mark.parametrize(
    "entry, hook",
    [
        (None, Hook()),
        ({}, Hook()),
        ({"command": ["/bin/tell", "oncall"]}, Hook(command=("/bin/tell", "oncall"))),
        ({"url": "https://hooks.example/x"}, Hook(url="https://hooks.example/x")),
    ],
)
def test_hook_is_read(entry: t.Any, hook: Hook) -> None:
    assert Hook.parse(entry) == hook


@pytest.mark.parametrize(
    "entry, problem",
    [
        ("tell", "peerlb_notify: is 'tell', not a mapping"),
        ({"comand": []}, "peerlb_notify: unknown key comand; known: command, url; is command"),
        ({"command": "/bin/tell"}, "peerlb_notify: command is '/bin/tell', not a list"),
        (
            {"command": ["/bin/tell", 5]},
            "peerlb_notify: command is ['/bin/tell', 5], not a list of",
        ),
        ({"command": ["tell"]}, "peerlb_notify: command is ['tell'], not one that begins with"),
    ],
)
def test_wrong_setting_is_named(entry: t.Any, problem: str) -> None:
    with pytest.raises(ValueError) as caught:
        Hook.parse(entry)
    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize(
    "url",
    [
        f"file:///{TOKEN}",
        f"https:///{TOKEN}",
        f"https://a:99999/{TOKEN}",
        f"https://{TOKEN}@a/",
        f"https://a/ {TOKEN}",
        [TOKEN],
    ],
)
def test_message_about_a_url_does_not_repeat_it(url: t.Any) -> None:
    with pytest.raises(ValueError, match="^peerlb_notify: url is no address of the web") as caught:
        Hook.parse({"url": url})
    assert TOKEN not in str(caught.value)


def test_hook_does_not_show_its_url() -> None:
    assert TOKEN not in repr(Hook(url=f"https://a/{TOKEN}"))


def tell(hook: Hook) -> str:
    return asyncio.run(notify(hook, NEWS))


def shell(script: str) -> Hook:
    return Hook(command=("/bin/sh", "-c", script))


def test_event_says_what_where_and_when() -> None:
    assert NEWS["event"] == "member_out" and NEWS["pool"] == "webapp" and NEWS["member"] == "web2"
    assert NEWS["host"] and NEWS["why"] == "refuses connections"
    assert NEWS["at"].endswith("+00:00")


def test_command_gets_the_event_on_its_input(tmp_path: Path) -> None:
    assert tell(shell(f"cat > {tmp_path}/got; echo all is well")) == ""
    assert json.loads((tmp_path / "got").read_text()) == NEWS


@pytest.mark.parametrize(
    "hook, problem",
    [
        (shell("echo no; echo route >&2; exit 3"), "the command /bin/sh ended with 3: no route"),
        (shell("exec true"), ""),  # does not read its input
        (Hook(command=("/nowhere",)), "the command /nowhere cannot be run: [Errno 2] No such"),
    ],
)
def test_problem_of_a_command_is_told(hook: Hook, problem: str) -> None:
    found = tell(hook)
    assert found.startswith(problem) and bool(found) == bool(problem)


def test_output_of_a_command_is_cut() -> None:
    found = tell(shell("yes | head -c 1000000; echo end; exit 1"))
    assert found.endswith("y end") and len(found) < 400


def test_command_that_hangs_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify_module, "TIMEOUT", 0.3)
    found = tell(shell(f"sleep 60 & echo $! > {tmp_path}/pid; wait"))
    assert found == "the command /bin/sh did not end in 0.3 s"
    child = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 5
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


class Webhook(HTTPServer):
    """A server that keeps what it got and answers with a status, after some seconds."""

    def __init__(self, status: int = 200, delay: float = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.delay = status, delay
        self.got: list[tuple[str, str, bytes]] = []
        self.hook = Hook(url=f"http://127.0.0.1:{self.server_port}/{TOKEN}")

    def __enter__(self) -> Webhook:
        threading.Thread(target=self.serve_forever, args=(0.01,)).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, self.headers["Content-Type"], body))
        time.sleep(self.server.delay)
        self.send_response(self.server.status)
        self.send_header("Location", f"/elsewhere/{TOKEN}")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_arguments: object) -> None:
        pass


def test_webhook_gets_the_event() -> None:
    with Webhook(204) as server:
        assert tell(server.hook) == ""
    ((path, kind, body),) = server.got
    assert (path, kind) == (f"/{TOKEN}", "application/json")
    assert json.loads(body) == NEWS


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 403, 500])
def test_webhook_that_answers_otherwise_is_told_and_no_redirect_followed(status: int) -> None:
    with Webhook(status) as server:
        assert tell(server.hook) == f"the webhook answers {status}"
    assert len(server.got) == 1


def test_webhook_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify_module, "TIMEOUT", 0.2)
    with Webhook(delay=0.6) as server:
        found = tell(server.hook)
    assert found in (
        "the webhook did not answer in 0.2 s",
        "the webhook cannot be reached: TimeoutError",
        "the webhook cannot be reached: timeout",
    )


def test_webhook_that_cannot_be_reached_is_told_without_its_url() -> None:
    with Webhook() as server:
        pass
    assert tell(server.hook) == "the webhook cannot be reached: Connection refused"
    weird = Hook(url=f"http://127.0.0.1:{server.server_port}/\x7f{TOKEN}")
    assert tell(weird) == "the webhook cannot be reached: InvalidURL"


def test_webhook_has_to_prove_its_name(tmp_path: Path) -> None:
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=a"
    files = ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    with Webhook() as server:
        context = notify_module.ssl.SSLContext(notify_module.ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        server.handle_error = lambda *_arguments: None
        found = tell(Hook(url=server.hook.url.replace("http", "https", 1)))
    assert found == "the webhook cannot be reached: CERTIFICATE_VERIFY_FAILED"
    assert server.got == []


def test_command_and_webhook_are_told_both(tmp_path: Path) -> None:
    with Webhook(500) as server:
        both = Hook(("/bin/sh", "-c", f"cat > {tmp_path}/got; exit 2"), server.hook.url)
        found = tell(both)
    assert found == "the command /bin/sh ended with 2: no output; the webhook answers 500"
    assert (tmp_path / "got").exists()


def run_notifier(hook: Hook, count: int, seconds: float) -> Notifier:
    async def run() -> Notifier:
        notifier = Notifier(hook)
        for number in range(count):
            notifier.tell({"event": "member_out", "number": number})
        task = asyncio.ensure_future(notifier.run())
        await asyncio.sleep(seconds)
        task.cancel()
        return notifier

    return asyncio.run(run())


def test_events_are_told_in_order_and_problems_are_printed(tmp_path: Path, capsys: t.Any) -> None:
    script = f"cat >> {tmp_path}/got; echo >> {tmp_path}/got; exit 1"
    run_notifier(shell(script), 3, 0.5)
    got = (tmp_path / "got").read_text().split("\n")
    assert [json.loads(line)["number"] for line in got if line] == [0, 1, 2]
    assert (
        capsys.readouterr().out
        == "peerlb_notify: the command /bin/sh ended with 1: no output\n" * 3
    )


def test_oldest_event_is_dropped_and_counted(tmp_path: Path, capsys: t.Any) -> None:
    script = f"cat >> {tmp_path}/got; echo >> {tmp_path}/got; exec sleep 9"
    notifier = run_notifier(shell(script), QUEUE + 3, 0.3)
    assert notifier.dropped == 3
    assert json.loads((tmp_path / "got").read_text())["number"] == 3  # 0 to 2 are gone


def test_dropped_events_are_said(capsys: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify_module, "QUEUE", 2)

    async def told(_hook: Hook, _news: dict) -> str:
        return ""

    monkeypatch.setattr(notify_module, "notify", told)
    assert run_notifier(shell("true"), 5, 0.05).dropped == 3
    assert capsys.readouterr().out == "peerlb_notify: 3 events dropped\n"


def test_telling_does_not_wait_for_the_hook() -> None:
    begin = time.monotonic()
    run_notifier(shell("sleep 60"), 50, 0.05)
    assert time.monotonic() - begin < 5


def test_nobody_is_told_without_a_hook() -> None:
    assert run_notifier(Hook(), QUEUE + 1, 0).dropped == 0
    assert tell(Hook()) == ""


def test_failure_of_the_unit_is_told(tmp_path: Path) -> None:
    hook = shell(f"cat > {tmp_path}/got")
    assert tell_of_failure(hook, {"SERVICE_RESULT": "success"}) == ""
    assert not os.path.exists(tmp_path / "got")
    assert tell_of_failure(hook, {"SERVICE_RESULT": "signal", "EXIT_STATUS": "KILL"}) == ""
    got = json.loads((tmp_path / "got").read_text())
    assert (got["event"], got["why"]) == ("unit_failed", "the unit ended: signal, status KILL")

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import http.server
import stat
import tempfile
import threading
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer import nginx as _nginx
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.nginx import (
    OBSOLETE,
    Nginx,
    log_directory_problem,
    make_log_directory,
    release_at,
)
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.nginx_release import (
    NginxRelease,
)
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.route_tests import (
    parse_tests,
    write_tests,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import (
    Engine,
    ServiceError,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.rollout import Look, Rollout
from ansible_collections.peerlb.stack.plugins.module_utils._release.store import Store
from ansible_collections.peerlb.stack.plugins.module_utils._release.units import Units
from support.nginx import NO_NGINX, programs
from support.standins import ProgramRunner, edge_release

OTHER_CONTAINER = Look(None, details={"same_container": False})


@pytest.fixture
def container(fake_nginx, tmp_path) -> Nginx:
    return Nginx(Engine(fake_nginx.run), tmp_path, "peerlb-nginx", fake_nginx.port, timeout=0.2)


def test_no_release_answers_on_a_closed_port() -> None:
    assert release_at(1) is None


def test_release_that_answers_is_named_by_nginx_itself(fake_nginx) -> None:
    assert release_at(fake_nginx.port) is None
    fake_nginx.loaded = "abc123"
    assert release_at(fake_nginx.port) == "abc123"


def test_confirm_fails_while_another_release_answers(container, fake_nginx) -> None:
    fake_nginx.loaded = "old"
    fake_nginx.emerg = "2026/01/01 [warn] idle\n2026/01/01 [emerg] bind() failed"
    with pytest.raises(
        ServiceError, match=r"release new did not come up in 0.2 s: .*bind\(\) failed"
    ):
        container.confirm("new", fake_nginx.port)
    container.confirm("old", fake_nginx.port)


@pytest.fixture
def staged(tmp_path) -> Path:
    directory = tmp_path / "nginx/releases/.staging"
    directory.mkdir(parents=True)
    (directory / "compose.yml").write_text('services:\n  nginx:\n    image: "nginx:9"\n')
    return directory


def test_release_is_tested_with_its_own_image(container, fake_nginx, tmp_path, staged) -> None:
    container.test(staged, LIVE, OTHER_CONTAINER)
    (command,) = fake_nginx.commands
    assert command[:2] == ["docker", "compose"]
    assert f"{tmp_path}/nginx/releases/.staging/compose.yml" in command
    assert command[-1] == "/etc/nginx/peerlb/releases/.staging/nginx.conf"


def test_error_leaves_out_the_progress_of_compose(container, fake_nginx, staged) -> None:
    fake_nginx.refuse = {"run": " Container x  Creating\nmanifest unknown\n"}
    with pytest.raises(ServiceError) as error:
        container.test(staged, LIVE, OTHER_CONTAINER)
    assert "with the image nginx:9, nothing was changed: manifest unknown" in str(error.value)
    assert "Creating" not in str(error.value)


def test_reload_is_a_signal_from_inside_of_the_container(container, fake_nginx) -> None:
    """Docker's own `kill` would keep nginx down after a reboot."""
    fake_nginx.emerg = "nothing is loaded"
    container.reload()
    assert fake_nginx.commands == [["docker", "exec", "peerlb-nginx", "sh", "-c", "kill -HUP 1"]]


IMAGE = "nginx@sha256:aa"
PINNED = f'services:\n  nginx:\n    image: "{IMAGE}" # nginx:1.30\n    restart: always\n'
LIVE = NginxRelease({"compose.yml": PINNED})


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(str(tmp_path / "nginx"), NginxRelease)


def go_live(store: Store, container: Nginx, release: NginxRelease = LIVE) -> tuple[str, ...]:
    """Make a release live as the modules do; return why what ran was not that release."""
    rollout = Rollout.plan(store, container, release)
    if rollout.changed:
        rollout.apply({"by": "ada"}, keep=5)
    return rollout.look.reasons


@pytest.fixture
def live(container, fake_nginx, store) -> Nginx:
    """The container of the release LIVE, with an image that the host has."""
    fake_nginx.images = {IMAGE: "sha256:11"}
    fake_nginx.settings = {"Image": "sha256:11"}
    go_live(store, container)
    fake_nginx.commands.clear()
    return container


def test_release_that_runs_has_no_reason_to_change(live, fake_nginx, store) -> None:
    assert go_live(store, live) == ()
    assert fake_nginx.commands == []


@pytest.mark.skipif(not programs(), reason=NO_NGINX)
def test_release_whose_tests_fail_does_not_go_live(fake_nginx, tmp_path) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as root:
        store = Store(f"{root}/nginx", NginxRelease)
        engine, asked = Engine(fake_nginx.run), []

        def runner(_engine: Engine, image: str, place: Path) -> ProgramRunner:
            asked.append((image, place))
            return ProgramRunner(programs()[-1], place)

        nginx = Nginx(engine, tmp_path, "x", fake_nginx.port, timeout=0.2, runner=runner)
        expect = {"pool": "web", "path": "/x"}
        test = {"name": "t", "scheme": "https", "host": "shop.example", "target": "/y"}
        tests = write_tests(parse_tests([{**test, "expect": expect}]))
        wrong = NginxRelease({**edge_release(), "tests.json": tests})
        plan = Rollout.plan(store, nginx, wrong)
        with pytest.raises(ServiceError, match="expected pool web gets /x.*the rule shop.example"):
            plan.apply({"by": "ada"}, keep=5)
        assert (store.current_id(), store.kept()) == (None, [])
        assert asked == [(IMAGE, Path(root, "nginx/.standins"))]
        good = NginxRelease({**wrong.files, "tests.json": tests.replace('"/y"', '"/x"')})
        Rollout.plan(store, nginx, good).test()


@pytest.mark.parametrize(
    "compose",
    [
        PINNED.replace("restart: always", "restart: unless-stopped"),
        PINNED.replace(f'"{IMAGE}" # nginx:1.30', '"nginx:1.30"'),
    ],
)
def test_container_of_a_former_version_is_taken_over(live, fake_nginx, store, compose) -> None:
    """Only the digest and the restart policy tell the former version's file from this one's."""
    fake_nginx.made_from = ""
    go_live(store, live, NginxRelease({"compose.yml": compose}))
    fake_nginx.commands.clear()
    assert not any("replaced" in reason for reason in go_live(store, live))
    assert fake_nginx.verbs() == ["exec", "reload"]
    assert fake_nginx.loaded == LIVE.id


def test_restart_policy_is_mended_in_place(live, fake_nginx, store) -> None:
    policy = {"HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}}}
    fake_nginx.settings.update(policy)
    assert go_live(store, live) == ("peerlb-nginx does not start by itself after every failure",)
    assert fake_nginx.commands[-1] == ["docker", "update", "--restart", "always", "peerlb-nginx"]


def test_container_of_another_image_is_replaced(live, fake_nginx, store) -> None:
    fake_nginx.images[IMAGE] = "sha256:22"
    assert go_live(store, live) == ("the container peerlb-nginx is replaced",)
    assert fake_nginx.verbs() == ["run", "up"]


def test_release_that_does_not_answer_is_a_reason(live, fake_nginx, store) -> None:
    fake_nginx.loaded = None
    assert live.look(store, LIVE).reasons == (
        "nginx serves no release",
        "the container peerlb-nginx is replaced",
    )


def test_log_directory_is_open_below_a_closed_one(tmp_path) -> None:
    logs = tmp_path / "peerlb/nginx"
    assert log_directory_problem(logs) == f"{logs} is missing"
    make_log_directory(logs)
    assert log_directory_problem(logs) == ""
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (logs, logs.parent)]
    assert modes == [0o755, 0o750]


@pytest.mark.parametrize("name", ["peerlb", "peerlb/nginx"])
def test_other_mode_of_the_log_directory_is_a_reason(live, store, tmp_path, name) -> None:
    logs = tmp_path / "peerlb/nginx"
    container = replace(live, logs=logs)
    assert go_live(store, container) == (f"{logs} is missing",)
    (tmp_path / name).chmod(0o700)
    assert go_live(store, container) == (f"{tmp_path / name} has another mode",)
    assert go_live(store, container) == ()


def test_log_directory_that_cannot_be_made_is_named(tmp_path) -> None:
    (tmp_path / "peerlb").write_text("a file")
    with pytest.raises(ServiceError, match=f"cannot write {tmp_path}/peerlb/nginx: "):
        make_log_directory(tmp_path / "peerlb/nginx")


def test_units_of_the_release_are_installed_and_compared(
    live, fake_nginx, store, tmp_path, monkeypatch
) -> None:
    system = tmp_path / "system"
    system.mkdir()
    monkeypatch.setattr(_nginx, "Units", lambda engine: Units(engine, system))
    release = NginxRelease({**LIVE.files, "units/peerlb-logs.service": "[Service]\n"})
    assert "peerlb-logs.service differs on the host" in go_live(store, live, release)
    assert (system / "peerlb-logs.service").read_text() == "[Service]\n"
    assert ["systemctl", "daemon-reload"] in fake_nginx.commands
    assert go_live(store, live, release) == ()
    (system / "peerlb-logs.service").write_text("by hand")
    assert go_live(store, live, release) == ("peerlb-logs.service differs on the host",)
    assert "peerlb-logs.service goes" in go_live(store, live)
    assert list(system.iterdir()) == []


def test_files_that_a_former_version_kept_beside_the_releases_go(live, store, tmp_path) -> None:
    for name in OBSOLETE:
        (tmp_path / name).touch()
    go_live(store, live, NginxRelease({**LIVE.files, "nginx.conf": "two"}))
    assert not any((tmp_path / name).exists() for name in OBSOLETE)


def test_confirm_waits_until_the_release_answers(container, fake_nginx) -> None:
    later = threading.Timer(0.1, setattr, (fake_nginx, "loaded", "new"))
    later.start()
    container.confirm("new", fake_nginx.port)
    later.join()


def test_container_that_no_release_has_made_is_replaced(live, fake_nginx, store) -> None:
    fake_nginx.made_from, fake_nginx.loaded = "/elsewhere/compose.yml", "0123456789ab"
    assert live.look(store, LIVE).reasons == (
        "nginx serves 0123456789ab",
        "the container peerlb-nginx is replaced",
    )


def test_release_that_is_not_on_the_disk_is_told(fake_nginx, store, live) -> None:
    fake_nginx.loaded = "0123456789ab"
    assert _nginx.serving_release(store, fake_nginx.port) == "0123456789ab"
    fake_nginx.loaded = None
    assert _nginx.serving_release(store, fake_nginx.port) is None


class TwoNginx(http.server.BaseHTTPRequestHandler):
    """A status port that also tells what the nginx of the tcp listeners serves."""

    tcp: t.ClassVar[tuple[int, str]] = (404, "")

    def do_GET(self) -> None:
        status, text = (200, "new") if self.path == "/release" else self.tcp
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_words: t.Any) -> None:
        """Print nothing."""


@pytest.mark.parametrize(
    ("tcp", "release"),
    [((404, "no"), "new"), ((200, "new"), "new"), ((200, "old"), None), ((502, ""), None)],
)
def test_release_is_served_if_both_nginx_serve_it(monkeypatch, tcp, release) -> None:
    monkeypatch.setattr(TwoNginx, "tcp", tcp)
    with http.server.HTTPServer(("127.0.0.1", 0), TwoNginx) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert release_at(server.server_port) == release
        server.shutdown()


def test_rotation_of_the_logs_is_tested_with_the_release(
    container, fake_nginx, staged, tmp_path, monkeypatch
) -> None:
    program = tmp_path / "logrotate"
    program.touch()
    monkeypatch.setattr(_nginx, "LOGROTATE", program)
    container.test(staged, LIVE, OTHER_CONTAINER)
    assert len(fake_nginx.commands) == 1  # a release may have no such file
    (staged / "logrotate.conf").touch()
    container.test(staged, LIVE, OTHER_CONTAINER)
    assert fake_nginx.commands[-1] == [str(program), "--debug", str(staged / "logrotate.conf")]

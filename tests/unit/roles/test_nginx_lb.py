# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import time

import pytest
import yaml
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.nginx_release import (
    NginxRelease,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.argument_spec import (
    LISTENER,
    POOL,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.versions import (
    SINCE,
    parse_version,
)
from ansible_collections.peerlb.stack.plugins.modules import nginx_release_info
from ansible_collections.peerlb.stack.plugins.modules.nginx_release import ARGUMENT_SPEC


@pytest.mark.parametrize(
    "image, version",
    [
        ("nginx:1.30", "1.30"),
        ("europe-west1-docker.pkg.dev/p/hub/library/nginx:1.30.6-alpine", "1.30.6"),
        ("registry.example.com:5000/nginx:1.30", "1.30"),
        ("registry.example.com:5000/nginx:stable", ""),
    ],
)
def test_version_is_that_of_the_tag(role, image, version) -> None:
    assert role.get("nginx_lb_version", nginx_lb_image=image) == version


def test_status_port_of_a_release_is_found_in_its_files(role) -> None:
    text = role.render("status.conf.j2", nginx_lb_status_port=9000)
    assert NginxRelease({"status.conf": text}).status_port(8081) == 9000


def test_numbers_from_the_command_line_may_be_text(role) -> None:
    text = role.render("nginx.conf.j2", nginx_lb_worker_connections="4096")
    assert "worker_rlimit_nofile 8704;" in text
    assert "worker_connections 4096;" in text


UNIT = "units/peerlb-pools.service"


@pytest.mark.parametrize("after", [3, "3", 0])
def test_unit_of_the_pools_is_part_of_the_release(role, after) -> None:
    files = role.get("__nginx_lb_programs", nginx_lb_cut_dead_after=after)
    assert {"agent/__main__.py", "agent/peerlb/_live/agent.py"} <= set(files)
    home = "/opt/peerlb/nginx_lb/nginx"
    command = f"/usr/bin/python3 -I -B {home}/current/agent {home} dns 8053 {after}"
    assert f"\nExecStart={command}\n" in files[UNIT]
    assert "\nBefore=docker.service\n" in files[UNIT]
    assert "[Install]" in files[UNIT].splitlines()  # or it would not be started
    assert f"agent --stopped {home}\n" in files[UNIT]


def test_hook_and_account_are_secrets_of_the_release(role) -> None:
    hook = {"url": "https://hooks.example/token"}
    account = {"user": "health", "password": 'it\'s "quoted"'}
    given = {"nginx_lb_notify": hook, "nginx_lb_health_account": account}
    secrets = role.get("__nginx_lb_secrets", nginx_lb_secrets={"x": "y"}, **given)
    assert [json.loads(secrets[name]) for name in ("notify.json", "health.json")] == [hook, account]
    assert secrets["x"] == "y"
    assert role.get("__nginx_lb_secrets", nginx_lb_secrets={}) == {}


def test_logs_are_rotated_by_a_timer_of_the_release(role) -> None:
    files = role.get(
        "__nginx_lb_templates", nginx_lb_pools=[], nginx_lb_listeners=[], nginx_lb_log_size="7M"
    )
    rotation = files["logrotate.conf"]
    assert rotation.splitlines()[1] == "/var/log/peerlb/nginx/*.log {"
    assert "\n    size 7M\n    rotate 5\n" in rotation
    assert "docker exec peerlb-nginx sh -c 'kill -USR1 1'" in rotation
    live = "/opt/peerlb/nginx_lb/nginx/current/logrotate.conf"
    service, timer = (files[f"units/peerlb-logs.{kind}"] for kind in ("service", "timer"))
    assert f"logrotate --state /opt/peerlb/nginx_lb/logrotate.state {live}\n" in service
    assert ("[Install]" in service.splitlines(), "[Install]" in timer.splitlines()) == (False, True)


def test_certificates_come_before_the_release_that_names_them(role) -> None:
    modules = [
        next((key for key in task if "." in key), "") for task in role.load("tasks/main.yml")
    ]
    names = ["peerlb.stack.nginx_certificates", "peerlb.stack.nginx_release"]
    assert [each for each in modules if each in names] == names


def test_files_of_the_release_win_over_those_of_the_role_where_they_are_given(role) -> None:
    own = {"nginx.conf": "# mine", "units/mine.service": "[Service]"}
    given = {"nginx_lb_files": own, "nginx_lb_pools": [], "nginx_lb_listeners": []}
    expression = module_call(role)["files"].strip("{} ")
    files = role.get(expression, **given)
    assert {path: files[path] for path in own} == own
    assert {"http.conf", "compose.yml", "agent/__main__.py", UNIT} <= set(files)


def test_nothing_is_signalled_by_docker_itself(role) -> None:
    """Docker takes a signal of its own for a wish to stop, also after the next boot."""
    texts = [path.read_text() for path in role.path.rglob("*.j2")]
    assert not [text for text in texts if "docker kill" in text]
    assert any("restart: always" in text for text in texts)


def test_templates_know_the_versions_of_nginx_from_the_table(role) -> None:
    since = role.load("vars/main.yml")["__nginx_lb_since"]
    assert {name: parse_version(text) for name, text in since.items()}.items() <= SINCE.items()
    texts = [path.read_text() for path in role.path.rglob("*.j2")]
    tests = [each for text in texts for each in re.findall(r"is version\(([^,]*)", text)]
    assert tests
    assert [each for each in tests if not each.startswith("__nginx_lb_since[")] == []
    for version, found in (("1.27.3", False), ("1.27.4", True)):
        text = role.render("http.conf.j2", nginx_lb_version=version)
        assert ("\nkeepalive_min_timeout " in text) is found


def servers_conf(role, *members: dict) -> str:
    pool = {"name": "webapp", "members": list(members), "retry_on": []}
    pool |= {"connect_timeout": "1s", "read_timeout": "60s"}
    listener = {"port": 80, "pool": "webapp", "protocol": "http"}
    return rendered(role, [listener], nginx_lb_pools=[pool])["servers.conf"]


@pytest.mark.parametrize("members, tries", [(1, 3), (5, 3), (6, 4), (10, 6), (5000, 10)])
def test_half_of_the_members_may_be_dead(role, members, tries) -> None:
    text = servers_conf(role, *({"name": f"web{each}"} for each in range(members)))
    assert f"proxy_next_upstream_tries {tries};" in text


@pytest.mark.parametrize(
    "version, problem",
    [
        (1.30, "nginx_lb_version is 1.3 and not text: YAML takes 1.30 for the number 1.3"),
        ("latest", "does not tell the version of nginx in its tag"),
        ("", "does not tell the version of nginx in its tag"),
        ("1.30", ""),
    ],
)
def test_unclear_version_is_refused_before_anything_else(role, version, problem) -> None:
    task = role.load("tasks/main.yml")[0]
    assert role.get(task["when"], nginx_lb_version=version) is bool(problem)
    message = task["ansible.builtin.fail"]["msg"].strip().removeprefix("{{").removesuffix("}}")
    assert problem in role.get(message, nginx_lb_version=version)


POOLS = [
    {
        "name": "webapp",
        "members": [],
        "retry_on": [],
        "connect_timeout": "1s",
        "read_timeout": "9s",
    },
    {"name": "mysql", "members": [], "connect_timeout": "1s", "idle_timeout": "1h"},
]
HTTP = {"port": 80, "pool": "webapp", "protocol": "http", "allow": []}
TCP = {"port": 3306, "pool": "mysql", "protocol": "tcp", "allow": ["10.1.0.2/31"]}


def rendered(role, listeners=(HTTP, TCP), **variables) -> dict[str, str]:
    """Return the files of a release by path, as the role renders them."""
    given = {"nginx_lb_pools": POOLS, "nginx_lb_listeners": list(listeners), **variables}
    files = {}
    for name in ("__nginx_lb_templates", "__nginx_lb_parts"):
        files.update(role.get(name, **given))
    return files


def directives(text: str, name: str) -> list[str]:
    """Return the values of a directive: directives("a b;", "a") is ["b"]."""
    lines = (line.strip() for line in text.splitlines())
    return [line.split(" ", 1)[1].rstrip(";") for line in lines if line.startswith(f"{name} ")]


def test_each_kind_of_listeners_has_an_nginx_of_its_own(role) -> None:
    """The connections of a worker are one budget, which clients of :80 could use up."""
    files = rendered(role)
    includes = {
        name: directives(files[f"nginx{name}.conf"], "include")[1:]
        for name in ("", "-http", "-tcp")
    }
    assert includes == {
        "": ["http.conf", "stream.conf"],  # what `nginx -t` tests
        "-http": ["http.conf"],
        "-tcp": ["temp_paths.conf", "release.conf", "stream.conf"],
    }
    assert len({*directives("".join(files.values()), "pid")}) == 2
    service = yaml.safe_load(files["compose.yml"])["services"]["nginx"]
    assert service["entrypoint"] == ["sh", "-c"]
    assert "current/nginx-$$part.conf" in service["command"][0]
    assert "/release/tcp" in files["status.conf"]
    assert service["healthcheck"]["test"][-1].endswith("/release/tcp")


@pytest.mark.parametrize(
    "given", [{"listeners": [HTTP]}, {"listeners": [TCP]}, {"nginx_lb_files": {"nginx.conf": "#"}}]
)
def test_one_kind_of_listeners_or_an_own_nginx_conf_has_one_nginx(role, given) -> None:
    files = rendered(role, **given)
    service = yaml.safe_load(files["compose.yml"])["services"]["nginx"]
    assert service["entrypoint"] == ["nginx"]
    assert "nginx-tcp.conf" not in files
    assert "/release/tcp" not in files["status.conf"]


def test_supervising_shell_passes_signals_on_and_ends_with_either_nginx(role, tmp_path) -> None:
    program = yaml.safe_load(rendered(role)["compose.yml"])["services"]["nginx"]["command"][0]
    fake = tmp_path / "nginx"
    fake.write_text(
        "#!/usr/bin/env python3\n"
        "import pathlib, signal, sys\n"
        f"log = pathlib.Path('{tmp_path}') / pathlib.Path(sys.argv[4]).name\n"
        "def note(number, _frame):\n"
        "    log.open('a').write(signal.Signals(number).name + ' ')\n"
        "    number == signal.SIGQUIT and sys.exit()\n"
        "for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT):\n"
        "    signal.signal(number, note)\n"
        "log.write_text('ready ')\n"
        "while not log.with_suffix('.die').exists(): signal.sigtimedwait([], 0.05)\n"
    )
    fake.chmod(0o755)
    logs = [tmp_path / "nginx-http.conf", tmp_path / "nginx-tcp.conf"]

    def wait_for(text: str) -> None:
        end = time.monotonic() + 20
        while not all(log.exists() and log.read_text() == text for log in logs):
            assert time.monotonic() < end, [log.read_text() for log in logs if log.exists()]
            time.sleep(0.02)

    def start() -> subprocess.Popen:
        for path in tmp_path.glob("nginx-*"):
            path.unlink()
        path = f"{tmp_path}:{os.environ['PATH']}"
        shell = ["sh", "-c", program.replace("$$", "$")]
        started = subprocess.Popen(
            shell,
            env={**os.environ, "PATH": path},
            start_new_session=True,
            # A shell in the background lets its children ignore it, and a shell cannot trap that.
            preexec_fn=lambda: signal.signal(signal.SIGQUIT, signal.SIG_DFL),
        )
        wait_for("ready ")
        return started

    shell = start()
    try:
        text = "ready "
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT):
            shell.send_signal(number)
            text += f"{number.name} "
            wait_for(text)
        assert shell.wait(20) == 0
        shell = start()
        logs[1].with_suffix(".die").touch()
        assert shell.wait(20) != 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)


def test_slow_clients_are_cut_and_their_buffers_bounded(role) -> None:
    files = rendered(role, nginx_lb_header_timeout="7s", nginx_lb_header_buffer_size="64k")
    http = files["http.conf"]
    timeouts = [f"client_{kind}_timeout" for kind in ("header", "body")] + ["send_timeout"]
    assert [directives(http, name) for name in timeouts] == [["7s"], ["15s"], ["15s"]]
    assert directives(http, "reset_timedout_connection") == ["on"]
    assert directives(http, "large_client_header_buffers") == ["4 64k"]
    assert directives(http, "proxy_buffer_size") == ["64k"]
    assert directives(http, "proxy_buffers") == ["6 64k"]
    assert directives(http, "sendfile") == ["on"]
    assert directives(http, "proxy_busy_buffers_size") == ["192k"]
    assert directives(http, "proxy_max_temp_file_size") == ["1m"]
    assert "limit_conn peerlb_bodies 256;" in files["proxy.conf"]
    paths = {name: directives(files["temp_paths.conf"], f"{name}_temp_path") for name in PATHS}
    logs = role.load("vars/main.yml")["__nginx_lb_logs"]
    assert paths == {"client_body": [f"{logs}/bodies"], "proxy": [f"{logs}/answers"]}


@pytest.mark.parametrize(("size", "piece"), [("32k", "96k"), ("1M", "3M"), (8192, "24576")])
def test_answers_pass_in_pieces_of_three_buffers(role, size, piece) -> None:
    assert role.get("__nginx_lb_piece", nginx_lb_header_buffer_size=size) == piece


PATHS = ("client_body", "proxy")


def test_container_is_bounded(role) -> None:
    limits = {"nginx_lb_tmpfs_size": "9m", "nginx_lb_memory_limit": "1g", "nginx_lb_pids_limit": 99}
    service = yaml.safe_load(rendered(role, **limits)["compose.yml"])["services"]["nginx"]
    assert (service["mem_limit"], service["pids_limit"]) == ("1g", 99)
    assert service["tmpfs"] == ["/run:mode=0755,size=9m", "/tmp:mode=1777,size=9m"]
    assert "mem_limit" not in rendered(role)["compose.yml"]


def test_client_limits_are_by_choice(role) -> None:
    files = rendered(role, nginx_lb_limit_conn=0)
    assert not any("$binary_remote_addr" in text for text in files.values())
    assert "limit_conn peerlb_clients 2000;" in rendered(role)["proxy.conf"]
    files = rendered(role, nginx_lb_limit_conn=5, nginx_lb_limit_conn_tcp="6")
    # nginx refuses one name for zones of http and of stream.
    for path, zone in (("http.conf", "peerlb_clients"), ("stream.conf", "peerlb_tcp_clients")):
        assert f"limit_conn_zone $binary_remote_addr zone={zone}:16m;" in files[path]
    assert "limit_conn peerlb_clients 5;" in files["proxy.conf"]
    assert "limit_conn peerlb_tcp_clients 6;" in files["stream.conf"]


def test_the_log_tells_of_routes_and_rules_where_there_are_any(role) -> None:
    def format_of(**settings: object) -> str:
        return role.render("http.conf.j2", **settings).partition("access_log ")[0]

    assert "$peerlb" not in format_of().replace("$peerlb_request_id", "")
    text = format_of(nginx_lb_url_map={"hosts": [{"default": "webapp"}]})
    assert '"route":"$peerlb_route"' in text
    assert "$peerlb_rule" not in text
    text = format_of(nginx_lb_gatekeeper={"rules": []})
    assert ',"rule":"$peerlb_rule","action":"$peerlb_action","would":"$peerlb_would"' in text


def test_headers_that_clients_must_not_set_are_cleared(role) -> None:
    text = rendered(role)["proxy.conf"]
    set_headers = dict(each.split(" ", 1) for each in directives(text, "proxy_set_header"))
    cleared = {name for name, value in set_headers.items() if value == '""'}
    assert cleared == set(role.load("vars/main.yml")["__nginx_lb_cleared"])
    named = "Forwarded X-Original-URL X-Rewrite-URL X-Forwarded-Server X-Forwarded-Prefix Proxy"
    assert {*named.split(), "HTTP2-Settings"} <= cleared


@pytest.mark.parametrize("passing", [True, False])
def test_websockets_are_the_only_upgrade_and_by_choice(role, passing) -> None:
    files = rendered(role, nginx_lb_websockets=passing)
    (default,) = re.findall(r"\$peerlb_websockets \{\n    default (\d);", files["headers.conf"])
    assert default == str(int(passing))
    assert "proxy_set_header Upgrade $peerlb_upgrade;" in files["proxy.conf"]


@pytest.mark.parametrize("query, variable", [(True, "$request_uri"), (False, "$uri")])
def test_query_is_logged_by_choice(role, query, variable) -> None:
    assert f'"uri":"{variable}"' in rendered(role, nginx_lb_log_query=query)["http.conf"]


def test_names_of_the_service_are_served_alone(role) -> None:
    assert directives(rendered(role)["servers.conf"], "server_name") == ["_"]
    text = rendered(role, nginx_lb_server_names=["shop.example", "*.shop.example"])["servers.conf"]
    assert directives(text, "server_name") == ["_", "shop.example *.shop.example"]
    assert directives(text, "listen") == ["80 default_server reuseport backlog=4096", "80"]
    assert directives(text, "return") == ["421"]


def test_listener_admits_the_sources_of_its_flows(role) -> None:
    files = rendered(role, [{**HTTP, "allow": ["10.9.0.0/16", "10.8.0.1/32"]}, TCP])
    assert directives(files["stream.conf"], "allow") == ["10.1.0.2/31"]
    assert directives(files["stream.conf"], "deny") == ["all"]
    assert "    10.9.0.0/16 1;\n    10.8.0.1/32 1;\n" in files["servers.conf"]
    assert "if ($peerlb_admitted_1 = 0) { return 403; }" in files["servers.conf"]
    assert "admitted" not in rendered(role, [HTTP])["servers.conf"]


def test_trusted_proxy_is_admitted_by_its_own_address(role) -> None:
    """After realip, allow and deny would compare the address of the proxy's client."""
    listener = {**HTTP, "allow": ["35.191.0.0/16"]}
    given = {"nginx_lb_trusted_proxies": ["35.191.0.0/16"]}
    text = rendered(role, [listener, TCP], **given)["servers.conf"]
    assert directives(text, "geo") == ["$realip_remote_addr $peerlb_admitted_1 {"]
    assert "if ($peerlb_admitted_1 = 0) { return 403; }" in text
    assert "deny" not in text


@pytest.mark.parametrize(
    "size, written",
    [("100m", "100M"), ("1g", "1G"), ("64K", "64k"), ("100M", "100M"), (512, "512")],
)
def test_size_of_logs_is_written_as_logrotate_reads_it(role, size, written) -> None:
    text = rendered(role, nginx_lb_log_size=size)["logrotate.conf"]
    assert f"    size {written}\n" in text


@pytest.mark.parametrize(
    "variable, value, problem",
    [
        *(
            ("log_size", size, "is not a whole number of bytes, or one with k, M or G")
            for size in ("100MB", "100Mi", "1.5G", "100 M", "", "0", "M", "-1", "100M\n")
        ),
        ("header_timeout", "10 s", "is not a time such as 10s"),
        ("header_buffer_size", "32kB", "is not a size such as 64k or 16m"),
        ("tmpfs_size", "a lot", "is not a size such as 64k or 16m"),
        ("memory_limit", "1.5g", "is not a size such as 512m"),
        ("limit_conn", -1, "is not a whole number from 0 to 99999"),
        ("large_bodies", 0, "is not a whole number from 1 to 99999"),
        *(
            ("pool_port", port, "is not a port from 1 to 65535")
            for port in ("", 0, "0", 70000, -1, "x", "8053.0", 8053.5, "8053\n", True)
        ),
        ("pool_port", 8081, "is nginx's own"),
        *(
            ("cut_dead_after", count, "is not a whole number from 0 to 99")
            for count in ("", -1, "-1", "x", "3.0", 1.5, True)
        ),
        ("project_dir", "/opt/peer lb", "is not an absolute path of letters"),
        ("project_dir", "/opt/100%", "is not an absolute path of letters"),
        ("header_timeout", "0", "is not a time such as 10s, which is more than 0"),
        ("send_timeout", "000s", "which is more than 0"),
        ("server_names", "shop", "is not a list"),
        ("server_names", {"shop": "x"}, "is not a list"),
        ("trusted_proxies", "10.0.0.1", "is not a list"),
        ("server_names", ["shop.example; return 200"], "is not a name such as shop.example"),
        ("server_names", ["shop.example:8080"], "is not a name such as shop.example"),
        ("trusted_proxies", ["0.0.0.0/0"], "trusts nearly everybody"),
        ("trusted_proxies", ["::/0"], "trusts nearly everybody"),
        ("trusted_proxies", ["0.0.0.0/1", "128.0.0.0/1"], "trusts nearly everybody"),
        ("trusted_proxies", ["proxy.example", "300.0.0.1"], "is not an address or a range"),
        ("never_banned", "192.0.2.0/24", "is not a list"),
        ("never_banned", ["foo", "1.2.3.4/33", "300.0.0.1", "::/129"], "is not an address or a"),
    ],
)
def test_option_that_makes_no_sense_is_refused_by_name(role, variable, value, problem) -> None:
    found = role.get("__nginx_lb_problems", **{f"nginx_lb_{variable}": value})
    assert found
    values = value if isinstance(value, list) else [value]
    for line, one in zip(found, values, strict=True):
        assert line.startswith(f"nginx_lb_{variable}: ")
        assert json.dumps(one).strip('"') in line
        assert problem in line


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"nginx_lb_trusted_proxies": ["10.0.0.0/8", "192.0.2.1", "fc00::/7", "2001:db8::1"]},
        {"nginx_lb_never_banned": ["10.0.0.1/8", "192.0.2.1", "255.0.0.0/0", "2001:db8::/32"]},
        {"nginx_lb_never_banned": None},
        {"nginx_lb_log_size": 1048576, "nginx_lb_limit_conn": "10"},
        {"nginx_lb_server_names": ["shop.example", "*.shop.example", "10.0.0.2"]},
        {"nginx_lb_pool_port": "65535", "nginx_lb_cut_dead_after": "0"},
        {"nginx_lb_notify": {"command": ["/bin/true"], "url": "https://hooks.example/x"}},
    ],
)
def test_options_that_make_sense_are_taken(role, given) -> None:
    assert role.get("__nginx_lb_problems", **given) == []


def test_port_of_the_unit_is_no_port_of_a_listener(role) -> None:
    listeners = [{"port": 8053, "pool": "webapp"}]
    found = role.get("__nginx_lb_problems", nginx_lb_listeners=listeners)
    assert found == [
        "nginx_lb_pool_port: 8053 is nginx's own: nginx_lb_status_port or a listener has it"
    ]


@pytest.mark.parametrize(
    "variable, value",
    [
        *(
            ("notify", value)
            for value in ("x", ["x"], {"command": "x"}, {"url": "ftp://x"}, {"a": 1})
        ),
        *(("health_account", value) for value in ("x", [1], {"user": "a"}, {"password": "secret"})),
        ("health_account", {"user": "health", "password": 12345}),
    ],
)
def test_what_the_unit_could_not_read_is_refused_by_name(role, variable, value) -> None:
    (found,) = role.get("__nginx_lb_problems", **{f"nginx_lb_{variable}": value})
    assert found.startswith(f"nginx_lb_{variable}")
    assert not any(word in found for word in ("secret", "12345"))


def test_pool_that_asks_for_writes_needs_the_account(role) -> None:
    pools = [{"name": "db", "members": [], "health": {"type": "mysql", "writes": True}}]
    (found,) = role.get("__nginx_lb_problems", nginx_lb_pools=pools)
    assert (
        found
        == "pool db: its health check asks MySQL who takes writes: set nginx_lb_health_account"
    )
    account = {"user": "health", "password": "x"}
    given = {"nginx_lb_pools": pools, "nginx_lb_health_account": account}
    assert role.get("__nginx_lb_problems", **given) == []


# The tests below compare the role's variables and templates with the module's options.


def module_call(role) -> dict[str, str]:
    """Return the arguments that the role gives the module, by option."""
    (task,) = [task for task in role.load("tasks/main.yml") if "peerlb.stack.nginx_release" in task]
    return {name: str(value) for name, value in task["peerlb.stack.nginx_release"].items()}


def test_variables_are_as_the_module_specifies_its_options(role, spec) -> None:
    passed = {
        option: match[1]
        for option, value in module_call(role).items()
        if (match := re.fullmatch(r"{{ (nginx_lb_\w+) }}", value))
    }
    own = {"container", "files", "secrets", "logs", "declaration", "declaration_path", "tests"}
    assert set(ARGUMENT_SPEC) - set(passed) == own  # made by the role itself
    defaults = role.load("defaults/main.yml")
    for option, variable in passed.items():
        ours, theirs = spec[variable], ARGUMENT_SPEC[option]
        # A role may narrow a float to whole numbers.
        assert ours["type"] in (theirs["type"], theirs["type"].replace("float", "int"))
        assert ours.get("elements") == theirs.get("elements")
        assert ours.get("choices") == theirs.get("choices")
        if "default" in ours:
            assert ours["default"] == defaults[variable]
            # Without the role, nobody writes an image into compose.yml, nor is there the unit.
            without = {"image": "", "engine": "reload"}
            assert theirs["default"] == without.get(option, ours["default"])


@pytest.mark.parametrize("given, passed", [({}, ""), ({"pools": [1]}, '{"pools": [1]}')])
def test_declaration_is_passed_as_json_or_not_at_all(role, given, passed) -> None:
    expression = module_call(role)["declaration"].strip("{} ")
    assert role.get(expression, nginx_lb_declaration=given) == passed


@pytest.mark.parametrize("option", ["pools", "listeners"])
def test_settings_of_pools_are_documented_at_the_module_alone(spec, option) -> None:
    given = spec[f"nginx_lb_{option}"]
    assert given["required"] == ARGUMENT_SPEC[option]["required"]
    assert "options" not in given
    assert f"O(peerlb.stack.nginx_release#module:{option})" in " ".join(given["description"])


def test_logs_are_where_the_info_module_looks_for_them(role) -> None:
    assert module_call(role)["logs"] == "{{ __nginx_lb_logs }}"
    logs = nginx_release_info.ARGUMENT_SPEC["logs"]["default"]
    assert role.load("vars/main.yml")["__nginx_lb_logs"] == logs
    for option in ("path", "status_port"):
        assert nginx_release_info.ARGUMENT_SPEC[option] == ARGUMENT_SPEC[option]


@pytest.mark.parametrize("variable, options", [("__pool", POOL), ("__listener", LISTENER)])
def test_templates_read_settings_that_exist(role, variable, options) -> None:
    texts = [path.read_text() for path in (role.path / "templates").rglob("*.j2")]
    read = {key for text in texts for key in re.findall(rf"{variable}\['(\w+)'\]", text)}
    assert read
    assert read <= set(options)

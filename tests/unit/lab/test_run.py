# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.lab import __main__ as main
from ansible_collections.peerlb.stack.lab.run import LabError, run, step, wait_until


def test_error_has_command_exit_code_and_output():
    with pytest.raises(LabError, match=r"sh -c echo no >&2; exit 3: exit 3: no$"):
        run("sh", "-c", "echo no >&2; exit 3")


def test_error_with_much_output_is_cut():
    with pytest.raises(LabError) as caught:
        run("sh", "-c", f"echo {'x' * 5000} >&2; exit 1")
    assert len(str(caught.value)) < 600


def test_run_passes_stdin_and_returns_stdout():
    assert run("cat", text="words") == "words"
    assert run("sh", "-c", "echo out; exit 1", check=False) == "out\n"


def test_step_is_printed_after_it_succeeds(capsys):
    with pytest.raises(ValueError), step("never"):
        raise ValueError
    with step("made a thing"):
        assert capsys.readouterr().out == ""
    assert capsys.readouterr().out == "lab: made a thing (0.0 s)\n"


def test_wait_until_returns_whether_the_condition_became_true():
    answers = iter([False, False, True])
    assert wait_until(lambda: next(answers), 5, 0.001)
    assert not wait_until(lambda: False, 0.01, 0.001)


def test_exec_passes_the_command_s_own_options():
    args = main.parse(["exec", "web1", "curl", "-m", "1", "--fail", "http://10.0.0.2/"])
    assert (args.name, args.argv) == ("web1", ["curl", "-m", "1", "--fail", "http://10.0.0.2/"])


def test_stop_cuts_the_power_only_with_kill():
    assert main.parse(["stop", "web1"]).kill is False
    assert main.parse(["stop", "lb1", "web1"]).hosts == ["lb1", "web1"]
    assert main.parse(["start", "lb1", "web1"]).hosts == ["lb1", "web1"]
    assert main.parse(["stop", "web1", "--kill"]).kill is True


@pytest.mark.parametrize(
    ("words", "kill"),
    [(["stop", "web1", "web2", "--kill"], True), (["stop", "web1", "web2"], False)],
)
def test_several_hosts_are_stopped_by_one_command(monkeypatch, plan_of, words, kill):
    stopped = []
    monkeypatch.setattr(main, "_require_up", lambda: None)
    monkeypatch.setattr(main.hosts, "stop", lambda link, cut: stopped.append((link.name, cut)))
    args = main.parse(words)
    main.stop(plan_of(), args.hosts, args.kill)
    assert sorted(stopped) == [("web1", kill), ("web2", kill)]


def test_next_names_the_way_in_the_report_and_how_to_remove(monkeypatch, capsys):
    monkeypatch.setattr(main, "_require_up", lambda: None)
    urls = {"http": "http://127.0.0.1:8080/", "https": ""}
    monkeypatch.setattr(main.forward, "url", lambda scheme="http": urls[scheme])
    main.show_next()
    said = capsys.readouterr().out
    assert "http://127.0.0.1:8080/" in said
    assert f"{main.CLONE}/report/peerlb-report.html" in said
    assert said.count("ansible-playbook playbooks/") == 3
    assert said.endswith("make down\n\n")


def test_next_says_how_to_trust_the_ca_of_the_lab(monkeypatch, capsys):
    monkeypatch.setattr(main, "_require_up", lambda: None)
    monkeypatch.setattr(main.forward, "url", lambda scheme="http": f"{scheme}://localhost/")
    main.show_next()
    assert f"curl --cacert {main.OWN_CA} https://localhost/\n" in capsys.readouterr().out

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""uv and ansible-test must look for packages where pip looks on this machine."""

from __future__ import annotations

import importlib.util

import pytest
from support import ROOT

LISTING = """\
:env:.cert='/env.pem'
global.cert='/global.pem'
global.extra-index-url='\\nfile:///a/simple\\nfile:///b/simple'
install.find-links='/wheels /more'
global.index-url='https://user:it%27s@index.example/simple'
download.no-deps='1'
"""


@pytest.fixture(scope="module")
def program():
    path = ROOT / "scripts" / "pip_settings.py"
    spec = importlib.util.spec_from_file_location("pip_settings", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_environment_wins_over_files(program) -> None:
    assert program.parse(LISTING) == {
        "cert": "/env.pem",
        "extra-index-url": "\nfile:///a/simple\nfile:///b/simple",
        "find-links": "/wheels /more",
        "index-url": "https://user:it%27s@index.example/simple",
    }


def test_settings_as_pip_conf(program) -> None:
    assert program.pip_conf(program.parse(LISTING)).splitlines() == [
        "[global]",
        "cert = /env.pem",
        "extra-index-url = file:///a/simple file:///b/simple",
        "index-url = https://user:it%27s@index.example/simple",
        "find-links = /wheels /more",
    ]


def test_settings_as_variables_of_uv(program) -> None:
    assert program.uv_variables(program.parse(LISTING)) == {
        "SSL_CERT_FILE": "/env.pem",
        "UV_DEFAULT_INDEX": "https://user:it%27s@index.example/simple",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_INDEX": "file:///a/simple file:///b/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_PYTHON_DOWNLOADS": "never",
    }


def test_without_settings_little_is_said(program) -> None:
    assert program.parse("") == {}
    assert program.pip_conf({}) == "[global]\n"
    assert program.uv_variables({}) == program.ALWAYS


def test_variable_of_the_caller_wins(program, monkeypatch) -> None:
    given = {}
    monkeypatch.setattr(program.os, "execvpe", lambda *words: given.update(words[2]))
    monkeypatch.setenv("UV_INDEX_STRATEGY", "first-index")
    program.main(["uv", "--version"])
    assert given["UV_INDEX_STRATEGY"] == "first-index"

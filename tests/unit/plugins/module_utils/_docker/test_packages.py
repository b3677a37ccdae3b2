# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._docker import packages as _packages
from ansible_collections.peerlb.stack.plugins.module_utils._docker.packages import (
    Distribution,
    HostError,
    Packages,
    missing,
    repository_is_there,
    repository_text,
)

TRIXIE = Distribution("debian", "trixie", "13")
BOOKWORM = Distribution("debian", "bookworm", "12")
BY_RELEASE = {"trixie": ["docker.io"], "bookworm": []}


def packages(source: str = "auto") -> Packages:
    return Packages(source, BY_RELEASE, ["docker-ce"], ["git", "git"])


def test_distribution_is_read_from_the_host(tmp_path) -> None:
    file = tmp_path / "os-release"
    file.write_text('NAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\n\nVERSION_CODENAME=noble\n')
    found = Distribution.read(file)
    assert found == Distribution("ubuntu", "noble", "24.04")
    assert str(found) == "Ubuntu 24.04 (noble)"


@pytest.mark.parametrize(
    "distribution, source, wanted",
    [
        (TRIXIE, "auto", ["docker.io", "git"]),
        (TRIXIE, "docker", ["docker-ce", "git"]),
        (TRIXIE, "distribution", ["docker.io", "git"]),
        (BOOKWORM, "auto", ["docker-ce", "git"]),
        (BOOKWORM, "docker", ["docker-ce", "git"]),
    ],
)
def test_packages_follow_from_distribution_and_source(distribution, source, wanted) -> None:
    assert packages(source).wanted(distribution) == wanted


@pytest.mark.parametrize(
    "distribution, source, message",
    [
        (BOOKWORM, "distribution", "Debian 12 (bookworm) has no Compose v2"),
        (Distribution("fedora", "", "44"), "auto", "this host runs Fedora 44 ()"),
    ],
)
def test_host_that_is_not_supported_is_named(distribution, source, message) -> None:
    with pytest.raises(HostError) as caught:
        packages(source).wanted(distribution)
    assert message in str(caught.value)


def test_packages_that_are_not_installed_are_missing() -> None:
    out = "installed git\nconfig-files nano\nnot-installed telnet\n"
    seen = []

    def run(command):
        seen.append(command)
        return 1, out, "no packages found matching curl"

    assert missing(run, ["git", "nano", "telnet", "curl"]) == ["nano", "telnet", "curl"]
    assert seen[0][-4:] == ["git", "nano", "telnet", "curl"]


def test_database_of_packages_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(HostError, match="dpkg-query fails: it is damaged"):
        missing(lambda _command: (2, "", "it is damaged\n"), ["git"])


def test_repository_is_there_with_its_text_and_key(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(_packages, "SOURCES", tmp_path / "docker.sources")
    monkeypatch.setattr(_packages, "KEY", tmp_path / "docker.asc")
    text = repository_text("https://example.org/linux", TRIXIE)
    assert "URIs: https://example.org/linux/debian\nSuites: trixie\n" in text
    assert not repository_is_there(text)
    (tmp_path / "docker.sources").write_text(text)
    assert not repository_is_there(text)
    (tmp_path / "docker.asc").touch()
    assert repository_is_there(text)
    assert not repository_is_there(text + "#")

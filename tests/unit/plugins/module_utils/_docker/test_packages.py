# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._docker import packages as _packages
from ansible_collections.peerlb.stack.plugins.module_utils._docker.packages import (
    Distribution,
    HostError,
    Packages,
    add_repository,
    fits,
    missing,
    repository_is_known,
    repository_is_there,
    repository_problems,
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


@pytest.mark.parametrize(
    ("distribution", "source", "installed", "found"),
    [
        (TRIXIE, "auto", [], ("distribution", [])),
        (TRIXIE, "auto", ["docker.io", "containerd", "runc"], ("distribution", [])),
        (TRIXIE, "auto", ["docker-ce", "containerd.io"], ("docker", [])),
        (TRIXIE, "auto", ["containerd.io"], ("docker", [])),
        (TRIXIE, "auto", ["podman-docker"], ("distribution", ["podman-docker"])),
        (TRIXIE, "auto", ["the snap docker"], ("distribution", ["the snap docker"])),
        (TRIXIE, "distribution", ["docker-ce"], ("distribution", ["docker-ce"])),
        (TRIXIE, "docker", ["docker.io"], ("docker", ["docker.io"])),
        (BOOKWORM, "auto", ["docker-ce"], ("docker", [])),
        (BOOKWORM, "auto", ["containerd", "runc"], ("docker", ["containerd", "runc"])),
        (BOOKWORM, "auto", ["docker.io"], ("docker", ["docker.io"])),
        (BOOKWORM, "auto", ["moby-engine"], ("docker", ["moby-engine"])),
        (BOOKWORM, "auto", ["/usr/bin/dockerd"], ("docker", ["/usr/bin/dockerd"])),
    ],
)
def test_nothing_is_chosen_for_which_a_package_would_have_to_go(
    distribution, source, installed, found
) -> None:
    assert packages(source).choice(distribution, installed, lambda: False) == found
    if found[1] and source == "auto":
        assert packages().choice(distribution, installed, lambda: True) == ("host", [])
        assert packages().wanted(distribution, "host") == ["git"]


@pytest.mark.parametrize(
    ("version", "engine", "installed", "right"),
    [
        ((0, "2.26.1\n", ""), 0, ["docker.io"], True),
        ((0, "v5.0.0", ""), 0, [], True),
        ((0, "1.29.2", ""), 0, [], False),
        ((1, "", "no such command"), 0, [], False),
        ((0, "2.26.1", ""), 127, [], False),
        ((0, "2.26.1", ""), 0, ["podman-docker"], False),
        ((0, "2.26.1", ""), 0, ["the snap docker"], False),
    ],
)
def test_engine_with_compose_v2_fits(version, engine, installed, right) -> None:
    def run(command):
        return version if command[0] == "docker" else (engine, "", "")

    assert fits(run, installed) is right


@pytest.fixture
def apt(tmp_path, monkeypatch):
    """Return the directory of apt's sources on a host that knows no repository of Docker."""
    monkeypatch.setattr(_packages, "APT", tmp_path)
    monkeypatch.setattr(_packages, "SOURCES", tmp_path / "docker.sources")
    monkeypatch.setattr(_packages, "KEY", tmp_path / "keys/docker.asc")
    return tmp_path


HUB = "https://download.docker.com/linux"


@pytest.mark.parametrize(
    ("name", "text", "known"),
    [
        ("docker.list", f"deb [arch=amd64 signed-by=/k] {HUB}/debian trixie stable\n", True),
        ("docker.list", f"deb [arch=amd64] {HUB}/debian bookworm stable\n", False),
        ("docker.list", f"# deb {HUB}/debian trixie stable\n", False),
        ("ours.sources", f"Types: deb\nURIs: {HUB}/debian/\nSuites: trixie\n", True),
        ("ours.sources", "Types: deb\nURIs: https://example.org/debian\nSuites: trixie\n", False),
        ("notes.txt", f"deb {HUB}/debian trixie stable\n", False),
    ],
)
def test_repository_that_somebody_added_is_known(apt, name, text, known) -> None:
    (apt / name).write_text(text)
    wanted = repository_text(HUB, TRIXIE)
    assert repository_is_known(wanted, HUB, TRIXIE) is known


def test_files_of_others_are_not_overwritten(apt) -> None:
    assert repository_problems(HUB, TRIXIE, "A" * 40) == []
    (apt / "docker.sources").write_text("Types: deb\nURIs: https://mirror/x\n")
    (apt / "keys").mkdir()
    (apt / "keys/docker.asc").write_text("another key")
    sources, key = repository_problems(HUB, TRIXIE, "A" * 40)
    assert "set docker_apt_repository" in sources
    assert "set docker_apt_key_fingerprint" in key
    (apt / "docker.sources").write_text(repository_text("https://former.example", BOOKWORM))
    assert repository_problems(HUB, TRIXIE, "") == []


def test_repository_is_added_only_with_its_key(apt, key) -> None:
    params = {"repository": HUB, "fingerprint": key[1]}
    asked = []

    def open_url(address, timeout):
        asked.append(address)
        return io.BytesIO(key[0] if len(asked) > 1 else b"another key")

    with pytest.raises(HostError, match="debian/gpg is no key and not"):
        add_repository(open_url, params, TRIXIE)
    assert list(apt.iterdir()) == []
    add_repository(open_url, params, TRIXIE)
    assert asked == [f"{HUB}/debian/gpg"] * 2
    assert repository_is_there(repository_text(HUB, TRIXIE))
    assert (apt / "keys/docker.asc").read_bytes() == key[0]


def test_repository_that_cannot_be_reached_is_named(apt) -> None:
    def open_url(_address, timeout):
        raise OSError("no route to host")

    with pytest.raises(HostError, match="debian/gpg: no route to host"):
        add_repository(open_url, {"repository": HUB, "fingerprint": ""}, TRIXIE)

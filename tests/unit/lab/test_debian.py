# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.lab import debian
from ansible_collections.peerlb.stack.lab.run import LabError

TARGETS = """\
http://mirror.test/debian/ bookworm main
http://mirror.test/debian/ bookworm contrib
http://mirror.test/debian/ bookworm-updates main
http://mirror.test/security/ bookworm-security main
http://other.test/repo/ bookworm stable
http://other.test/db/ bookworm-db main
http://node.test/ nodistro main
"""


@pytest.fixture
def targets(monkeypatch):
    """Return a function that sets the output of "apt-get indextargets"."""

    def use(text):
        debian._machine_sources.cache_clear()
        monkeypatch.setattr(debian, "run", lambda *_: text)
        monkeypatch.setattr(debian, "_os_release", lambda: "VERSION_CODENAME=bookworm\n")

    yield use
    debian._machine_sources.cache_clear()


def test_sources_of_the_machine_are_changed_to_another_suite(targets):
    targets(TARGETS)
    head = f"deb [signed-by={debian.KEYRING}]"
    assert debian.sources("trixie") == [
        f"{head} http://mirror.test/debian/ trixie main",
        f"{head} http://mirror.test/debian/ trixie-updates main",
        f"{head} http://mirror.test/security/ trixie-security main",
    ]


def test_sid_has_neither_updates_nor_security(targets):
    targets(TARGETS)
    assert [line.split()[3] for line in debian.sources("sid")] == ["sid"]


def test_machine_without_debian_sources_is_an_error(targets):
    targets("http://node.test/ nodistro main\n")
    with pytest.raises(LabError, match="no source of Debian packages for bookworm"):
        debian.sources("trixie")


@pytest.mark.parametrize("name", ["host", "mysql", "nginx", "python"])
def test_each_recipe_has_packages_and_an_executable_script(name):
    here = debian.RECIPES / name
    assert (here / "packages").read_text().split()
    assert (here / "customize").stat().st_mode & 0o111

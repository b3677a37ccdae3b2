# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each layer of site has a tag, and is deployed alone by it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.fleet.fleet import Fleet

# The layers by the name of the play that deploys each.
PLAYS = {
    "docker": "Install Docker",
    "mysql": "Run MySQL",
    "webapp": "Prepare the release on all web servers at once",
    "nginx_lb": "Change one load balancer after the other",
    "verify": "Probe every declared service from its real source",
}


def layers(said: str) -> list[str]:
    """Return the layers in which a task ran. The arguments of each role are validated always."""
    plays = re.findall(r"^PLAY \[(.+?)\](.*?)(?=^PLAY )", said, re.MULTILINE | re.DOTALL)
    task = re.compile(r"^TASK \[(?!.*: Validating arguments)", re.MULTILINE)
    ran = {name for name, tasks in plays if task.search(tasks)}
    return [layer for layer, name in PLAYS.items() if name in ran]


@pytest.mark.parametrize("tags", ["nginx_lb", "mysql,webapp"])
def test_a_tag_deploys_its_layer_alone(tmp_path: Path, tags: str) -> None:
    fleet = Fleet(tmp_path, hosts=4).build()
    code, said = fleet.play("site", "--tags", tags)
    assert code == 0, said
    assert layers(said) == tags.split(",")


def test_skipped_tags_leave_their_layers_out(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, hosts=4).build()
    code, said = fleet.play("site", "--skip-tags", "docker,verify")
    assert code == 0, said
    assert layers(said) == ["mysql", "webapp", "nginx_lb"]

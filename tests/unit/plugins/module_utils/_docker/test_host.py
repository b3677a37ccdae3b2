# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._docker.host import look_at_settings
from ansible_collections.peerlb.stack.plugins.module_utils._docker.packages import HostError

PARAMS = {"config": {"live-restore": True, "labels": ["s", "l"]}, "labels": ["s", "l"]}


def swarm(_command) -> tuple[int, str, str]:
    """Answer as the engine of a host that belongs to a swarm."""
    return 0, "active\n", ""


@pytest.mark.parametrize(
    ("text", "note", "foreign", "root"),
    [
        (None, None, False, None),
        ('{"data-root": "/srv"}', None, True, "/srv"),
        ('{"labels": ["peerlb.started=1"]}', {"data-root": "/srv"}, False, "/srv"),
        ('{"labels": ["peerlb.started=1"], "data-root": "/old"}', None, False, None),
        # Somebody has put a file of his own there since.
        ('{"data-root": "/new"}', {"data-root": "/srv"}, True, "/new"),
    ],
)
def test_settings_of_others_are_those_of_a_file_that_is_not_ours(text, note, foreign, root) -> None:
    found = look_at_settings(PARAMS, lambda _command: (1, "", ""), text, note)
    assert (found.foreign, found.config.get("data-root")) == (foreign, root)
    assert found.config["live-restore"] is True


def test_engine_in_a_swarm_is_named(monkeypatch) -> None:
    (problem,) = look_at_settings(PARAMS, swarm, "{}", None).problems
    assert "leave the swarm" in problem
    without = {**PARAMS, "config": {"live-restore": False, "labels": ["s", "l"]}}
    assert look_at_settings(without, swarm, "{}", None).problems == []


def test_settings_that_cannot_be_read_are_an_error() -> None:
    with pytest.raises(HostError, match="Mend it, or move it away"):
        look_at_settings(PARAMS, swarm, "[1]", None)

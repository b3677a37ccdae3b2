# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._docker import settings

OWN = {"live-restore": True, "log-opts": {"max-size": "10m"}, "labels": ["s", "l"]}


def test_settings_of_others_stay_beside_ours() -> None:
    found = {"data-root": "/srv", "log-opts": {"tag": "x"}, "labels": ["rack=7"]}
    assert settings.problems(found, OWN) == []
    config, labels = settings.with_found(found, OWN, ["s", "l"])
    assert config["data-root"] == "/srv"
    assert config["log-opts"] == {"tag": "x", "max-size": "10m"}
    assert config["labels"] == [*labels, "rack=7"]
    # The labels stand for all settings, or a change of these would not be loaded.
    other = settings.with_found({**found, "data-root": "/mnt"}, OWN, ["s", "l"])[1]
    assert not set(labels) & {*other, "s", "l"}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"live-restore": False}, 'set docker_daemon_config to {"live-restore": false}'),
        ({"log-opts": {"max-size": "1g"}}, 'sets log-opts to {"max-size": "1g"}'),
        ({"iptables": False}, "sets iptables to false"),
    ],
)
def test_settings_that_contradict_ours_are_named(found, words) -> None:
    (problem,) = settings.problems(found, OWN)
    assert words in problem


def test_file_with_our_label_is_ours() -> None:
    assert settings.is_ours({"labels": ["rack=7", "peerlb.started=1"]})
    assert not settings.is_ours({"labels": ["rack=7"]})


@pytest.mark.parametrize("text", ["[]", "{", "7"])
def test_text_that_holds_no_settings_is_an_error(text) -> None:
    with pytest.raises(ValueError):
        settings.parse(text)

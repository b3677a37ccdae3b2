# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An inventory whose groups have other names makes them children of ours."""

from __future__ import annotations

import json


def test_groups_of_other_names_are_children(deployable) -> None:
    ours = {"nginx_lb": "edge", "webapp": "shop", "mysql": "store"}
    groups = {theirs: deployable.groups.pop(name) for name, theirs in ours.items()}
    deployable.groups |= groups
    inventory = deployable.path / "others.json"
    children = {name: {"children": {theirs: {}}} for name, theirs in ours.items()}
    hosts = {name: {"hosts": own} for name, own in deployable.groups.items()}
    everything = {"vars": deployable.variables, "children": {**hosts, **children}}
    inventory.write_text(json.dumps({"all": everything}))
    done = deployable.play("check", "-i", str(inventory))
    assert done.returncode == 0, done.stdout
    assert "listener 80" in done.stdout

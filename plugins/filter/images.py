# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter for the images that the services run; stack_images.yml documents it."""

from __future__ import annotations

import typing as t
from pathlib import Path

import yaml

from ..plugin_utils._hostvars import read_variables
from ..plugin_utils._stack import STACK

ROLES = Path(__file__).resolve().parents[2] / "roles"
# The variable of the image by group, which is also the name of the role.
VARIABLES = {
    STACK.balancer: "nginx_lb_image",
    STACK.application: "webapp_image",
    STACK.database: "mysql_image",
    STACK.store: "valkey_image",
}
# Images that the controller brings to a host; no registry is asked for them.
ARCHIVES = "docker_image_archives"


def stack_images(groups: t.Any, hostvars: t.Any) -> list[str]:
    """Return the names of the images that are pulled, each once: ["mysql:9.7", "nginx:1.30"]."""
    names = set()
    for group, variable in VARIABLES.items():
        text = (ROLES / group / "defaults/main.yml").read_text(encoding="utf-8")
        default = yaml.safe_load(text)[variable]
        by_host = {host: [variable, ARCHIVES] for host in groups.get(group, ())}
        variables, _problems = read_variables(hostvars, by_host)
        for own in variables.values():
            brought = [archive.get("name") for archive in own.get(ARCHIVES) or ()]
            name = own.get(variable) or default
            names |= {name} - set(brought)
    return sorted(str(name) for name in names if name)


class FilterModule:
    """The filter of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filter by name."""
        return {"stack_images": stack_images}

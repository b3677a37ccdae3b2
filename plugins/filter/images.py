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
# A container beside the load balancer, which is there if one of these is declared.
FIREWALL = "nginx_lb_waf_image"
DECLARES_FIREWALL = ("nginx_lb_waf", "peerlb_waf")
# Images that the controller brings to a host; no registry is asked for them.
ARCHIVES = "docker_image_archives"


def stack_images(groups: t.Any, hostvars: t.Any) -> list[str]:
    """Return the names of the images that are pulled, each once: ["mysql:9.7", "nginx:1.30"]."""
    names = set()
    for group, variable in VARIABLES.items():
        text = (ROLES / group / "defaults/main.yml").read_text(encoding="utf-8")
        defaults = yaml.safe_load(text)
        wanted = [variable, ARCHIVES, FIREWALL, *DECLARES_FIREWALL]
        variables, _problems = read_variables(
            hostvars, dict.fromkeys(groups.get(group, ()), wanted)
        )
        for own in variables.values():
            brought = [archive.get("name") for archive in own.get(ARCHIVES) or ()]
            names |= {own.get(each) or defaults[each] for each in _used(group, own)} - set(brought)
    return sorted(str(name) for name in names if name)


def _used(group: str, own: t.Mapping[str, t.Any]) -> list[str]:
    """Return the variables of the images that a host of a group runs."""
    guarded = group == STACK.balancer and any(own.get(each) for each in DECLARES_FIREWALL)
    return [VARIABLES[group], *([FIREWALL] if guarded else [])]


class FilterModule:
    """The filter of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filter by name."""
        return {"stack_images": stack_images}

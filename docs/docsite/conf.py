# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx builds the site of scripts/docs. The theme loads nothing from another host."""

from __future__ import annotations

import typing as t

from docutils import nodes

project = "peerlb.stack"
copyright = "The PeerLB authors, GPL-3.0-or-later"

extensions = ["myst_parser", "sphinx_antsibull_ext"]
nitpicky = True  # a reference that leads nowhere is a warning, and scripts/docs fails on warnings
myst_heading_anchors = 3

html_theme = "furo"
html_title = "peerlb.stack"
antsibull_ext_color_scheme = "default-autodark"
html_copy_source = False
html_show_sphinx = False
html_use_index = False

# The pages of Ansible's own documentation that antsibull-docs refers to.
ANSIBLE = "https://docs.ansible.com/projects/ansible/latest/reference_appendices"
PAGES = {
    "ansible_configuration_settings": f"{ANSIBLE}/config.html",
    "common_return_values": f"{ANSIBLE}/common_return_values.html",
}


def link_to_ansible(_app: t.Any, _env: t.Any, node: t.Any, shown: t.Any) -> nodes.reference | None:
    """Return the link for a reference to a page of Ansible; None leaves it unresolved."""
    page = PAGES.get(node["reftarget"])
    return nodes.reference("", "", shown, refuri=page) if page else None


def setup(app: t.Any) -> None:
    app.connect("missing-reference", link_to_ansible)

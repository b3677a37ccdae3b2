# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters for the edge: TLS, the URL map, the gatekeeper. The file NAME.yml documents each."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ..plugin_utils._edge.edge import edge_files as files_of
from ..plugin_utils._edge.edge import read_edge
from ..plugin_utils._edge.servers import Edge
from ..plugin_utils._lists import read_lists


def edge(settings: t.Mapping[str, t.Any]) -> Edge:
    """Return the edge that the settings describe, with the files that lists below `directory` name.

    A ValueError says what is wrong.
    """
    directory = str(settings.get("directory") or ".")
    return read_edge({**settings, "lists": read_lists(settings.get("gatekeeper"), directory)})


def edge_files(settings: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Return the files of nginx's release that follow from the edge, as text by path."""
    try:
        return files_of(edge(settings), settings.get("waf_image") or "")
    except ValueError as exc:
        raise AnsibleFilterError(str(exc)) from exc


def edge_problems(settings: t.Mapping[str, t.Any]) -> list[str]:
    """Return a sentence for each entry of the edge that makes no sense; [] if all do."""
    try:
        edge(settings)
    except ValueError as exc:
        return str(exc).splitlines()
    return []


class FilterModule:
    """The filters of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filters by name."""
        return {"edge_files": edge_files, "edge_problems": edge_problems}

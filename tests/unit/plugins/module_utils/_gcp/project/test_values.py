# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.values import (
    Instance,
    ProjectError,
)


def test_instance_is_in_the_region_of_its_zone() -> None:
    empty = frozenset()
    assert Instance("", "a", "europe-west1-d", "RUNNING", empty, empty, ()).region == "europe-west1"


def test_project_error_lists_all_problems() -> None:
    error = ProjectError(["one", "two"])
    assert (error.problems, str(error)) == (("one", "two"), "one\ntwo")

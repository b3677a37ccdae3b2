# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The note of what was declared has a place, wherever the load balancer's own files are."""

from __future__ import annotations

import pytest

PLACE = "TASK [Create the directory of the note]"


@pytest.mark.parametrize(
    ("directory", "made"),
    [
        (None, False),
        ("/opt/peerlb/other", False),
        ("/srv/nginx_lb", True),
        ("/opt/peerlb2/nginx_lb", True),
    ],
)
def test_directory_is_made_where_the_role_has_not(stack, directory, made) -> None:
    if directory:
        stack.variables["nginx_lb_project_dir"] = directory
    done = stack.play("note_declaration", "--check")
    assert done.returncode == 0, done.stdout
    told = done.stdout.partition(PLACE)[2].splitlines()[1]
    assert ("skipping: [lb1]" not in told) is made
    assert "[lb1]" in done.stdout.partition("TASK [Write the note on the load balancer]")[2]

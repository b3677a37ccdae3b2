# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.peerlb.stack.plugins.filter.edge import edge_files, edge_problems

MEMBER = {"name": "web1", "address": "10.1.0.2", "port": 3000}
POOL = {"name": "webapp", "members": [MEMBER], "connect_timeout": "1s", "read_timeout": "9s"}
GOOD = {
    "listeners": [{"port": 80, "pool": "webapp"}],
    "pools": [{**POOL, "retry_on": ["error"]}],
    "version": "1.30",
}
BAD = {**GOOD, "url_map": {"hosts": [{"default": "shop"}]}}


def test_files_follow_from_the_edge() -> None:
    assert "proxy_pass http://webapp;" in edge_files(GOOD)["servers.conf"]
    assert edge_problems(GOOD) == []


def test_what_makes_no_sense_is_told() -> None:
    (problem,) = edge_problems(BAD)
    assert problem.startswith("peerlb_url_map.hosts[0]: ")
    with pytest.raises(AnsibleFilterError, match="peerlb_url_map"):
        edge_files(BAD)


def test_a_file_of_ranges_that_cannot_be_read_is_named_as_written(tmp_path) -> None:
    gatekeeper = {"lists": {"blocked": {"file": "none.txt"}}}
    (problem,) = edge_problems({**GOOD, "gatekeeper": gatekeeper, "directory": str(tmp_path)})
    assert problem == (
        f"peerlb_gatekeeper.lists: file none.txt cannot be read as {tmp_path}/none.txt:"
        " No such file or directory"
    )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._topology.declaration import (
    read_topology,
)
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import TopologyError
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.sampled_from(["any", "webapp", "vpc-lb", "web1", "10.1.0.0/16", "name", "from", "port"])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-1, 70000), st.text(max_size=4), WORDS)
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


@given(junk=JUNK, section=st.sampled_from(["networks", "peerings", "flows", "management"]))
def test_any_declaration_is_read_or_refused_with_problems(junk, section) -> None:
    network = {"name": "vpc-lb", "cidrs": ["10.1.0.0/16"]}
    groups = {"all": ["web1"], "webapp": ["web1"]}
    for declaration in (junk, {"networks": [network], section: junk}, {section: [junk]}):
        try:
            read_topology(declaration, groups, {"web1": {"ansible_host": junk}})
        except TopologyError as exc:
            assert exc.problems
            assert all(problem.startswith(("topology", "host", "flow")) for problem in exc.problems)


def test_declaration_of_the_stack_is_read(stack) -> None:
    topology = stack.parse()
    assert list(topology.networks) == ["vpc-lb", "vpc-web", "vpc-db"]
    assert topology.peerings == {frozenset(("vpc-lb", "vpc-web")), frozenset(("vpc-lb", "vpc-db"))}
    assert list(topology.hosts) == ["lb1", "web1", "web2", "db1", "client"]
    assert [str(flow) for flow in topology.flows] == [
        "any -> nginx_lb:80 (http)",
        "webapp -> nginx_lb:3306 (mysql)",
        "nginx_lb -> webapp:3000 (http)",
        "nginx_lb -> mysql:3306 (mysql)",
    ]


def test_error_has_a_line_for_each_problem(bare) -> None:
    bare.topology["peerings"] = [["vpc-lb"], ["vpc-db"]]
    with pytest.raises(TopologyError) as caught:
        bare.parse()
    assert str(caught.value).splitlines() == list(caught.value.problems)
    assert len(caught.value.problems) == 2

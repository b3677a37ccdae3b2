# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers are read by dnspython, as a second reader of the format beside nginx."""

from __future__ import annotations

import hashlib

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._live.dns import codec
from ansible_collections.peerlb.stack.plugins.module_utils._live.dns.codec import (
    MOST_MEMBERS,
    TCP_BYTES,
    UDP_BYTES,
    Question,
    Zone,
    answer,
    label_of,
    member_name,
)
from ansible_collections.peerlb.stack.plugins.module_utils._live.shares import Share
from hypothesis import example, given
from hypothesis import strategies as st

WEB = [Share("web1", "10.1.0.2", 3000, 3), Share("web2", "10.1.0.3", 3000, backup=True)]
ZONE = Zone({("http", "web"): WEB, ("tcp", "db"): WEB[:1], ("http", "empty"): []})
SHARES = st.lists(
    st.builds(
        Share,
        st.just("web"),
        st.ip_addresses(v=4).map(str),
        st.integers(1, 65535),
        st.integers(0, 65535),
        st.booleans(),
    ),
    max_size=40,
    unique_by=lambda share: (share.address, share.port),
)


def ask(name: str, kind: str = "SRV", zone: Zone = ZONE, limit: int = TCP_BYTES, of_class="IN"):
    """Return the answer to a question, read by dnspython."""
    query = dns.message.make_query(name, kind, of_class, use_edns=False)
    question = Question.read(query.to_wire())
    assert question is not None
    told = answer(question, zone, limit)
    assert len(told) <= limit
    read = dns.message.from_wire(told)
    assert query.is_response(read)
    return read


def members(read) -> set:
    """Return what the SRV records of an answer say."""
    return {
        (str(each.target), each.port, each.weight, each.priority)
        for rrset in read.answer
        for each in rrset
    }


def many(count: int) -> Zone:
    """Return a zone whose pool has so many members."""
    return Zone({("http", "web"): [Share("", "10.0.0.1", 1 + each) for each in range(count)]})


@given(SHARES)
def test_a_second_reader_reads_exactly_the_shares_that_serve(shares) -> None:
    wanted = {
        (member_name(each.address, each.port) + ".", each.port, each.weight, 10 * each.backup)
        for each in shares
        if each.weight
    }
    read = ask("_http._tcp.web.peerlb", zone=Zone({("http", "web"): shares}))
    assert members(read) == wanted
    assert read.rcode() == (dns.rcode.NOERROR if wanted else dns.rcode.SERVFAIL)
    assert {rrset.ttl for rrset in read.answer} <= {0}


@given(st.ip_addresses(v=4).map(str), st.integers(1, 65535))
def test_the_address_of_a_member_follows_from_its_name_alone(address, port) -> None:
    (rrset,) = ask(member_name(address, port), "A", Zone({})).answer
    assert (rrset.ttl, [each.address for each in rrset]) == (3600, [address])


QUERY = dns.message.make_query("_http._tcp.web.peerlb", "SRV", id=7).to_wire()


@given(
    st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda rest: QUERY[:12] + rest))
)
@example(QUERY[:12] + b"\0")
@example(QUERY[:12] + 5 * (b"\x3f" + 63 * b"x") + b"\0\0\1\0\1")
@example(b"\0\0" + b"\x80" + QUERY[3:])
def test_rubbish_never_raises_and_is_never_answered_with_members(query) -> None:
    question = Question.read(query)
    if question is not None:
        assert answer(question, ZONE, UDP_BYTES)[7] == 0


@given(st.integers(0, len(QUERY)), st.binary(max_size=4))
def test_a_damaged_query_never_raises(at, damage) -> None:
    question = Question.read(QUERY[:at] + damage + QUERY[at + len(damage) :])
    if question is not None:
        dns.message.from_wire(answer(question, ZONE, UDP_BYTES), ignore_trailing=True)


@pytest.mark.parametrize(
    "query",
    [
        b"",
        QUERY[:11],
        QUERY[:20],
        QUERY[:2] + b"\x81\0" + QUERY[4:],  # a response
        QUERY[:2] + b"\x28\0" + QUERY[4:],  # an update
        QUERY[:4] + b"\0\2" + QUERY[6:],  # two questions
        QUERY[:12] + b"\xc0\x0c\0\1\0\1",  # a name that points to itself
        QUERY[:12] + 5 * (b"\x3f" + 63 * b"x") + b"\0\0\1\0\1",  # a name of more than 255 bytes
    ],
)
def test_what_is_no_question_is_not_read(query) -> None:
    assert Question.read(query) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("_http._tcp.other.peerlb", "SRV"),
        ("_http._tcp.empty.peerlb", "SRV"),
        ("_tcp._tcp.web.peerlb", "SRV"),
        ("_udp._udp.web.peerlb", "SRV"),
        ("_http._tcp.web.peerlb", "A"),
        ("_http._tcp.web.peerlb", "AAAA"),
        ("web.peerlb", "A"),
        ("0a0100020bb8.m.peerlb", "SRV"),
        ("0a0100020bb.m.peerlb", "A"),
        ("0a0100020bbx.m.peerlb", "AAAA"),
        ("0a0100020bb8.m.peerlb.com", "A"),
        ("0a0100020bb8\\.m.peerlb", "A"),
        ("_http\\._tcp.web.peerlb", "SRV"),
        (".", "A"),
    ],
)
def test_what_is_not_known_fails_and_never_is_said_to_be_absent(name, kind) -> None:
    read = ask(name, kind)
    assert (read.rcode(), read.answer) == (dns.rcode.SERVFAIL, [])


@pytest.mark.parametrize(
    ("name", "kind"), [("_http._tcp.web.peerlb", "SRV"), ("0a0100020bb8.m.peerlb", "A")]
)
def test_another_class_than_the_internet_fails(name, kind) -> None:
    assert ask(name, kind, of_class="CH").rcode() == dns.rcode.SERVFAIL


def test_a_member_has_no_ipv6_address_which_is_no_error() -> None:
    read = ask("0a0100020bb8.m.peerlb", "AAAA")
    assert (read.rcode(), read.answer) == (dns.rcode.NOERROR, [])


def test_pools_of_one_label_differ_by_protocol() -> None:
    assert members(ask("_tcp._tcp.db.peerlb")) == {("0a0100020bb8.m.peerlb.", 3000, 3, 0)}


@pytest.mark.parametrize(
    ("name", "kind"), [("_HTTP._tcp.WEB.PeerLB", "SRV"), ("0A0100020BB8.M.peerlb", "A")]
)
def test_case_of_names_does_not_matter_and_is_repeated(name, kind) -> None:
    query = dns.message.make_query(name, kind).to_wire()
    question = Question.read(query)
    assert question is not None
    told = answer(question, ZONE, UDP_BYTES)
    assert (
        told[12 : 12 + len(question.text)] == query[12 : 12 + len(question.text)] == question.text
    )
    assert dns.message.from_wire(told).rcode() == dns.rcode.NOERROR


def test_targets_are_not_compressed() -> None:
    question = Question.read(QUERY)
    assert question is not None
    assert answer(question, ZONE, UDP_BYTES).count(b"\x0c0a0100020bb8\x01m\x06peerlb\0") == 1


@pytest.mark.parametrize(("count", "truncated"), [(98, False), (99, True)])
def test_an_answer_that_udp_cannot_hold_is_truncated(count, truncated) -> None:
    read = ask("_http._tcp.web.peerlb", zone=many(count), limit=UDP_BYTES)
    assert bool(read.flags & dns.flags.TC) is truncated
    assert len(members(read)) == (0 if truncated else count)


def test_tcp_holds_as_many_members_as_is_said_for_the_longest_label() -> None:
    assert MOST_MEMBERS == 1596
    label = "x" * 63
    shares = [Share("", "10.0.0.1", 1 + each) for each in range(MOST_MEMBERS + 1)]
    name = f"_http._tcp.{label}.peerlb"
    read = ask(name, zone=Zone({("http", label): shares[:-1]}))
    assert len(members(read)) == MOST_MEMBERS
    for limit in (UDP_BYTES, TCP_BYTES):
        read = ask(name, zone=Zone({("http", label): shares}), limit=limit)
        assert (read.rcode(), read.flags & dns.flags.TC) == (dns.rcode.SERVFAIL, 0)


@pytest.mark.parametrize("pool", ["web", "a", "shop-1", "x" * 63])
def test_label_is_the_name_of_the_pool(pool) -> None:
    assert label_of(pool) == pool


@pytest.mark.parametrize("pool", ["Web", "web_1", "1web", "web.1", "x" * 64, "ä", ""])
def test_label_of_another_name_is_a_digest(pool) -> None:
    assert label_of(pool) == "x-" + hashlib.sha256(pool.encode()).hexdigest()[:16]


def test_member_name_holds_address_and_port() -> None:
    assert member_name("10.1.0.2", 3000) == "0a0100020bb8.m.peerlb"
    assert member_name("255.0.0.1", 65535) == f"ff000001ffff.m.{codec.DOMAIN}"

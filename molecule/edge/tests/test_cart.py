# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A visitor's cart outside of the members: what it survives, and what a dead store costs."""

from __future__ import annotations

import json
import time
import typing as t
from dataclasses import dataclass, field

import pytest
from support.edge import CA, NAME, OVERLAY, RESOLVE
from support.lab import Done, output_of, play, run_in_network, shell

URL = f"https://{NAME}"
MEMBERS = ("web1", "web2")
KV1 = "10.2.0.3"  # only in the lab of this scenario
WITHIN = 0.5  # seconds until a cart that cannot be used says so
BACK = 3.0  # seconds from a store that answers to a cart that does
PASSWORD_FILE = "/opt/peerlb/webapp/current/secrets/valkey_password"
ANOTHER = "another-password-of-the-lab"
# The first line of the standard input is the password.
CLIENT = (
    "docker exec -i peerlb-valkey sh -c 'IFS= read -r REDISCLI_AUTH && export REDISCLI_AUTH &&"
    " exec valkey-cli --user webapp --no-auth-warning'"
)


def edge(name: str, *options: str, **variables: t.Any) -> Done:
    """Run a playbook on the lab with Valkey."""
    return play(name, *OVERLAY, *options, **variables)


@dataclass
class Answer:
    """What a client got: the status, the seconds that it took, and the JSON of the body."""

    status: int
    seconds: float
    cookie: str
    body: dict[str, t.Any]


def ask(path: str, cookie: str = "", item: str = "") -> Answer:
    """Ask the load balancer as a client on the internet does."""
    words = ["--header", "Accept: application/json"]
    words += ["--cookie", f"peerlb_cart={cookie}"] if cookie else []
    words += ["--data-urlencode", f"item={item}"] if item else []
    told = "\n%{http_code} %{time_total} %header{set-cookie}"
    command = ["curl", "-s", "-m", "10", "--cacert", str(CA), *RESOLVE]
    command += ["-w", told, *words, URL + path]
    body, _newline, line = run_in_network("client", *command).rpartition("\n")
    status, seconds, header = [*line.split(" ", 2), ""][:3]
    given = header.partition("peerlb_cart=")[2].partition(";")[0]
    return Answer(int(status), float(seconds), given, json.loads(body))


@dataclass
class Visitor:
    """Somebody with a cart."""

    cookie: str = ""
    items: list[str] = field(default_factory=list)

    def add(self, item: str) -> str:
        """Add an item, and return which member took it."""
        answer = ask("/cart", self.cookie, item)
        assert answer.status == 201, answer
        self.cookie = answer.cookie
        self.items.append(item)
        assert answer.body["items"] == self.items
        return answer.body["host"]

    def look(self) -> str:
        """See that the cart is as it was left, and return which member answered."""
        answer = ask("/cart", self.cookie)
        assert (answer.status, answer.body.get("items")) == (200, self.items), answer
        return answer.body["host"]


@pytest.fixture
def visitor() -> Visitor:
    """Return a visitor who has two items in the cart."""
    somebody = Visitor()
    somebody.add("A book")
    somebody.add("A pen")
    return somebody


@pytest.fixture
def stopped() -> t.Iterator[None]:
    """Stop Valkey."""
    shell(KV1, "docker stop peerlb-valkey")
    try:
        yield
    finally:
        shell(KV1, "docker start peerlb-valkey")
        wait_until_back("")


def wait_until_back(cookie: str) -> None:
    """Ask for the cart until it comes back at each member, for a few seconds."""
    until, back = time.monotonic() + BACK, set[str]()
    while back != set(MEMBERS):
        answer = ask("/cart", cookie)
        back |= {answer.body["host"]} if answer.status == 200 else set()
        assert time.monotonic() < until


def valkey(*commands: str) -> list[str]:
    """Run commands with the application's account, and return the lines of the answers."""
    password = shell("web1", f"cat {PASSWORD_FILE}")
    return shell(KV1, CLIENT, "\n".join([password, *commands]) + "\n").splitlines()


def test_cart_survives_the_kill_of_the_member_that_made_it(visitor) -> None:
    maker = visitor.add("A cup")
    (other,) = set(MEMBERS) - {maker}
    shell(maker, "docker kill peerlb-webapp")
    try:
        assert {visitor.look() for _each in range(10)} == {other}
    finally:
        shell(maker, "docker start peerlb-webapp")


def test_cart_survives_a_change_of_weights(visitor) -> None:
    output_of(edge("set_weights", weights="web1=9,web2=1", pool="webapp"))
    hosts = [visitor.look() for _each in range(20)]
    assert hosts.count("web1") == 18
    output_of(edge("set_weights", weights="inventory", pool="webapp"))


def test_stopped_store_costs_the_cart_alone(visitor, stopped) -> None:
    for _each in range(10):
        answer = ask("/cart", visitor.cookie)
        assert (answer.status, answer.body["status"]) == (503, "The cart cannot be used now")
        assert answer.seconds < WITHIN
        assert "Traceback" not in str(answer.body)
        for path in ("/", "/healthz", "/connection"):
            other = ask(path)
            assert (other.status, other.seconds < WITHIN) == (200, True), (path, other)


def test_cart_comes_back_by_itself(visitor) -> None:
    shell(KV1, "docker stop peerlb-valkey")
    assert ask("/cart", visitor.cookie).status == 503
    shell(KV1, "docker start peerlb-valkey")
    wait_until_back(visitor.cookie)
    for _each in range(10):
        visitor.look()


def test_frozen_store_costs_the_cart_alone(visitor) -> None:
    shell(KV1, "docker pause peerlb-valkey")
    try:
        answers = [ask("/cart", visitor.cookie) for _each in range(6)]
        others = [ask("/") for _each in range(6)]
    finally:
        shell(KV1, "docker unpause peerlb-valkey")
        wait_until_back(visitor.cookie)
    assert {answer.status for answer in answers} == {503}
    assert {answer.status for answer in others} == {200}
    assert max(answer.seconds for answer in [*answers, *others]) < WITHIN


def test_full_store_takes_new_carts() -> None:
    # The ones with the lowest number end first. 1,000 of 100,000 bytes are more than 64 MB.
    word = "x" * 100_000
    fill = [f"SETEX webapp:fill:{n} {1000 + n} {word}" for n in range(1000)]
    try:
        assert set(valkey(*fill)) == {"OK"}, "a full store refused a write"
        assert valkey("EXISTS webapp:fill:0", "EXISTS webapp:fill:999") == ["0", "1"], "it is full"
        newcomers = [Visitor() for _each in range(10)]
        for number, newcomer in enumerate(newcomers):
            newcomer.add(f"A book {number}")
        for newcomer in newcomers:
            newcomer.look()
    finally:
        valkey(*(f"UNLINK webapp:fill:{n}" for n in range(1000)))


def test_password_is_in_no_list_of_processes_nor_inspect_nor_log(visitor) -> None:
    password = shell("web1", f"cat {PASSWORD_FILE}")
    others = [
        shell(KV1, f"cat /opt/peerlb/valkey/{name}")
        for name in ("admin_password", "access/health_password")
    ]
    containers = {"web1": "peerlb-webapp", "web2": "peerlb-webapp", KV1: "peerlb-valkey"}
    for host, container in containers.items():
        places = [
            f"docker inspect {container}",
            f"docker logs {container} 2>&1",
            "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n'",
            "journalctl --no-pager -n 5000",
        ]
        for place in places:
            told = shell(host, place)
            assert not [each for each in (password, *others) if each in told], (host, place)
    private = "stat -c %a /opt/peerlb/valkey /opt/peerlb/valkey/access/users.acl"
    assert shell(KV1, private).split() == ["700", "600"]
    assert password not in shell(KV1, "cat /opt/peerlb/valkey/access/users.acl")


def containers() -> dict[str, str]:
    """Return the container of each member, and since when Valkey runs."""
    found = {host: shell(host, "docker inspect -f {{.Id}} peerlb-webapp") for host in MEMBERS}
    return {**found, KV1: shell(KV1, "docker inspect -f {{.State.StartedAt}} peerlb-valkey")}


def test_cart_survives_another_password_and_with_it_the_renewal_of_all_members(visitor) -> None:
    """Nothing after it needs the former one: the next run of the scenario declares it again."""
    former, before = shell("web1", f"cat {PASSWORD_FILE}"), containers()
    text = output_of(
        edge("site", "--tags", "valkey,webapp", "--diff", webapp_valkey_password=ANOTHER)
    )
    assert former not in text
    assert ANOTHER not in text
    visitor.look()
    after = containers()
    assert {host for host in after if after[host] != before[host]} == set(MEMBERS)
    assert shell("web1", f"cat {PASSWORD_FILE}") == ANOTHER
    refused = shell(KV1, f"{CLIENT} 2>&1 || true", f"{former}\nPING\n")
    assert "WRONGPASS" in refused or "NOAUTH" in refused

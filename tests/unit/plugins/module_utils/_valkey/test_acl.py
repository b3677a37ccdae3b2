# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._valkey.acl import (
    Account,
    AclError,
    hash_of,
    keep_former,
    letters_of,
    own_accounts,
    parse,
    read_accounts,
    render,
    same,
    shown,
)
from support.valkey import program, real_valkey

SHOP = {"name": "shop", "password": "pass'w\"örd"}


def accounts(**changes) -> dict[str, Account]:
    """Return every account of a server on which the shop has one."""
    return {**own_accounts("adm", "hea"), **read_accounts([{**SHOP, **changes}])}


def test_line_has_the_hash_and_refuses_what_no_rule_allows() -> None:
    line = accounts()["shop"].line()
    assert SHOP["password"] not in line
    assert line.startswith(f"user shop on #{hash_of(SHOP['password'])} ~shop:* resetchannels -@all")
    assert (
        accounts(keys=["a:*", "b"], commands=["+get"])["shop"]
        .line()
        .endswith(" ~a:* ~b resetchannels -@all +get")
    )


def test_whoever_does_not_log_in_is_off() -> None:
    assert own_accounts("a", "b")["default"].line() == "user default off resetchannels -@all"


def test_what_is_written_is_read() -> None:
    assert parse(render(accounts())) == accounts()


@pytest.mark.parametrize(
    "line",
    [
        "user shop on nopass ~* &* +@all",
        "user shop off #HASH ~shop:* resetchannels -@all COMMANDS",
        "user shop on #HASH ~shop:* ~other resetchannels -@all COMMANDS",
        "user shop on #HASH ~shop:* &* -@all COMMANDS",
        "user shop on #HASH ~shop:* resetchannels -@all COMMANDS +keys",
        "user shop on #HASH #OTHER ~shop:* resetchannels -@all COMMANDS",
        "user shop on #HASH %R~shop:* resetchannels -@all COMMANDS",
    ],
)
def test_account_that_was_changed_by_hand_differs(line: str) -> None:
    wanted = accounts()
    text = line.replace("HASH", hash_of(SHOP["password"])).replace("#OTHER", f"#{'0' * 64}")
    present = parse(text.replace("COMMANDS", " ".join(wanted["shop"].commands)))
    assert not same({**wanted, **present}, wanted)


@pytest.mark.parametrize(
    "change, problem",
    [
        ({"name": "a b"}, "a name has 1 to 63 letters"),
        ({"name": "default"}, "are taken"),
        ({"name": "peerlb-admin"}, "are taken"),
        ({"password": ""}, "the password is empty"),
        ({"password": "a\nuser b on nopass"}, "has a line break"),
        ({"keys": ["a b"]}, "'a b' is no pattern of keys"),
        ({"commands": ["get"]}, "'get' is no rule for commands"),
        ({"commands": ["+get ~*"]}, "'+get ~*' is no rule for commands"),
    ],
)
def test_account_that_makes_no_sense_is_named(change: dict, problem: str) -> None:
    with pytest.raises(AclError) as caught:
        read_accounts([{**SHOP, **change}])
    assert problem in str(caught.value)
    assert str(caught.value).startswith(f"account {change.get('name', 'shop')}: ")
    assert SHOP["password"] not in str(caught.value)


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(AclError, match=r"(?s)empty.*declared twice"):
        read_accounts([SHOP, {**SHOP, "password": ""}])


def test_former_password_stays_as_long_as_it_is_kept() -> None:
    former, new = accounts(password="old"), accounts(password="new")
    old_hash, new_hash = hash_of("old"), hash_of("new")
    assert keep_former(new, former, {old_hash})["shop"].hashes == (new_hash, old_hash)
    assert keep_former(new, former, {new_hash})["shop"].hashes == (new_hash,)
    # A change that is taken back has no password twice; the own accounts keep no former one.
    both = keep_former(new, former, {old_hash})
    assert keep_former(former, both, {old_hash, new_hash})["shop"].hashes == (old_hash, new_hash)
    other = {**former, **own_accounts("x", "y")}
    assert keep_former(new, other, {hash_of("x")})["peerlb-admin"] == new["peerlb-admin"]


def test_diff_shows_that_a_password_changes_and_no_hash() -> None:
    former, new = accounts(password="old"), accounts(password="new")
    letters = letters_of(former, new)
    texts = shown(former, letters), shown(new, letters)
    assert texts[0] != texts[1]
    for text in texts:
        assert hash_of("old") not in text and hash_of("new") not in text


@pytest.mark.skipif(not program("valkey-server"), reason="no Valkey here, nor the lab's image")
def test_real_server_allows_each_account_its_own(tmp_path) -> None:
    wanted = accounts()
    (tmp_path / "users.acl").write_text(render(wanted), encoding="utf-8")
    with real_valkey(tmp_path, f"aclfile {tmp_path}/users.acl\n") as server:
        assert server.ask("ping").startswith("NOAUTH")
        assert server.ask("ping", user="peerlb-health", password="hea") == "PONG"
        told = server.ask("acl", "list", user="peerlb-admin", password="adm")
        assert same(parse(told), wanted), "the server tells the file's accounts"
        shop = {"user": "shop", "password": SHOP["password"]}
        assert server.ask("setex", "shop:cart:1", "60", "a", **shop) == "OK"
        for refused in (
            *(["get", "other"], ["flushall"], ["keys", "*"], ["scan", "0"], ["client", "list"]),
            *(["eval", "return 1", "0"], ["acl", "list"], ["config", "get", "*"]),
            *(["subscribe", "a"], ["blpop", "shop:a", "9"], ["shutdown"]),
        ):
            assert server.ask(*refused, **shop).startswith("NOPERM"), refused
        for own in ("peerlb-health", "peerlb-admin"):
            word = {"peerlb-health": "hea", "peerlb-admin": "adm"}[own]
            assert server.ask("get", "shop:a", user=own, password=word).startswith("NOPERM")

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ssl
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._probe.mysql import (
    ASK_READ_ONLY,
    BLIND_LOGIN,
    QUIT,
    Packet,
    take_packet,
)
from ansible_collections.peerlb.stack.plugins.module_utils._probe.mysql_role import (
    Account,
    MysqlRoleConversation,
)
from ansible_collections.peerlb.stack.plugins.module_utils._probe.target import Target
from support.mysql_packets import GREETING

TARGET = Target("here", "10.2.0.2", 3306, "mysql")
ACCOUNT = Account("health", "secret")
# The proof of "secret" for the nonce of GREETING, computed with PyMySQL's scramble_caching_sha2().
PROOF = bytes.fromhex("ed044b0d7193179296eab1ca4959df1801ec1a8fb17e3272eae4e6fc13b42b92")
OK = b"\x00\x00\x00\x02\x00\x00\x00"
FAST, FULL = b"\x01\x03", b"\x01\x04"
COLUMN = b"\x03def\x00\x00\x00\x12@@global.read_only\x00\x0c\x3f" + bytes(11)
END = b"\xfe\x00\x00\x02\x00"
DENIED = b"\xff\x15\x04#28000Access denied"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a certificate that nobody signed but itself, as MySQL makes one, and its key."""
    place = tmp_path_factory.mktemp("tls")
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=Auto"
    command = [*words.split(), "-keyout", str(place / "key"), "-out", str(place / "cert")]
    subprocess.run(command, check=True, capture_output=True)
    return place / "cert", place / "key"


class Server:
    """A MySQL server without a socket: it greets, goes on in TLS, and sends the answers given.

    answers: the payloads that follow each packet of the client, a list for each. heard: the
    client's packets inside of TLS. clear: what it sent before TLS.
    """

    def __init__(self, certificate: tuple[Path, Path], *answers: list[bytes]) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.received, self.unsent = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.received, self.unsent, server_side=True)
        self.answers, self.heard, self.clear = list(answers), [], b""

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the client; return those that the server sends back."""
        if not self.clear:
            self.clear, data = data[:36], data[36:]
        self.received.write(data)
        try:
            self.tls.do_handshake()
            while True:
                packet, rest = take_packet(self.tls.read(4096))
                assert packet and not rest
                self.heard.append(packet.payload)
                for payload in self.answers.pop(0) if self.answers else []:
                    self.tls.write(packet.reply(payload))
        except ssl.SSLWantReadError:
            pass
        return self.unsent.read()


def talk(server: Server, account: Account = ACCOUNT, piece: int = 9999) -> MysqlRoleConversation:
    """Let a probe and a server talk until neither has anything to say."""
    probe = MysqlRoleConversation(TARGET, account)
    said = GREETING
    while said:
        heard = b"".join(probe.receive(said[at : at + piece]) for at in range(0, len(said), piece))
        said = server.receive(heard) if heard else b""
    return probe


def row(value: bytes) -> list[bytes]:
    return [b"\x01", COLUMN, END, b"\x01" + value, END]


@pytest.mark.parametrize("piece", [9999, 100, 1])
@pytest.mark.parametrize(
    "value, complaint", [(b"0", ""), (b"1", "takes no writes: read_only is on")]
)
def test_server_is_asked_for_its_role(
    certificate: t.Any, value: bytes, complaint: str, piece: int
) -> None:
    server = Server(certificate, [FAST, OK], row(value))
    probe = talk(server, piece=piece)
    assert probe.outcome and probe.outcome.state == "open"
    assert probe.complaint == complaint
    assert server.heard[0].endswith(b"health\0\x20" + PROOF + b"caching_sha2_password\0")
    assert server.heard[1:] == [ASK_READ_ONLY[4:], QUIT[4:]]


def test_nothing_but_the_wish_for_tls_is_sent_in_clear(certificate: t.Any) -> None:
    server = Server(certificate, [FAST, OK], row(b"0"))
    talk(server)
    assert server.clear[:4] == b"\x20\x00\x00\x01"
    assert int.from_bytes(server.clear[4:8], "little") & 0x800
    assert b"health" not in server.clear


@pytest.mark.parametrize(
    "answer, sent",
    [
        (FULL, b"secret\0"),
        (b"\xfesha256_password\0abcdefghabcdefghijkl\0", b"secret\0"),
        (b"\xfecaching_sha2_password\0]q<b\x1bv\x1cSabcdefghijkl\0", None),
    ],
)
def test_other_ways_to_prove_the_password(
    certificate: t.Any, answer: bytes, sent: bytes | None
) -> None:
    server = Server(certificate, [answer], [OK], row(b"0"))
    probe = talk(server)
    assert probe.outcome and probe.complaint == ""
    assert server.heard[1] == (PROOF if sent is None else sent)


@pytest.mark.parametrize(
    "answers, complaint",
    [
        ([[DENIED]], "does not tell its role: MySQL error 1045: Access denied"),
        ([[FAST, OK], [DENIED]], "does not tell its role: MySQL error 1045: Access denied"),
        ([[b"\xfeparsec\0x"]], "wants a login by parsec, so its role cannot be asked"),
    ],
)
def test_server_that_does_not_tell(
    certificate: t.Any, answers: list[list[bytes]], complaint: str
) -> None:
    probe = talk(Server(certificate, *answers))
    assert probe.outcome and probe.complaint == complaint


def test_server_without_tls_gets_no_password() -> None:
    plain = GREETING.replace(b"\xff\xff\xff\x02", b"\xff\xf7\xff\x02")
    assert plain != GREETING
    probe = MysqlRoleConversation(TARGET, ACCOUNT)
    assert probe.receive(plain) == BLIND_LOGIN  # a whole handshake, without the account
    assert probe.complaint == "offers no TLS, so its role cannot be asked"


@pytest.mark.parametrize(
    "words, detail",
    [
        ([b"SSH-2.0-OpenSSH\r\n"], "not MySQL: impossible packet length"),
        ([GREETING, b"no TLS at all, this is"], "TLS fails: WRONG_VERSION_NUMBER"),
    ],
)
def test_other_protocol_is_told(words: list[bytes], detail: str) -> None:
    probe = MysqlRoleConversation(TARGET, ACCOUNT)
    for word in words:
        probe.receive(word)
    assert probe.outcome and probe.outcome.state == "wrong_protocol"
    assert probe.outcome.detail.startswith(detail)


def test_server_that_is_full_says_so() -> None:
    probe = MysqlRoleConversation(TARGET, ACCOUNT)
    assert probe.receive(Packet(0, b"\xff\x10\x04Too many connections").render()) == b""
    assert probe.complaint == "MySQL error 1040: Too many connections"


def test_probe_that_gives_up_before_the_greeting_leaves_a_login() -> None:
    probe = MysqlRoleConversation(TARGET, ACCOUNT)
    assert probe.parting == BLIND_LOGIN
    probe.receive(GREETING)
    assert probe.parting == b"" and probe.awaited == "TLS handshake"


def test_account_is_read() -> None:
    account = Account.parse('{"user": "health", "password": "secret"}')
    assert account == ACCOUNT
    assert "secret" not in repr(account)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"user": "secret"}', '{"user": "", "password": "secret"}', '"secret"']
)
def test_message_about_an_account_does_not_repeat_it(text: str) -> None:
    with pytest.raises(ValueError, match="^no account: ") as caught:
        Account.parse(text)
    assert "secret" not in str(caught.value)

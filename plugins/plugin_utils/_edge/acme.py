# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""acme.conf: how nginx answers the challenges of a CA, on whichever load balancer they arrive.

Each load balancer asks for its own certificates, and the CA asks any of them for the answer. One
that has no answer asks the others, and marks its question, so that no question goes round.
"""

from __future__ import annotations

import typing as t

PATH = "/.well-known/acme-challenge/"
MARK = "X-Peerlb-Acme-Hop"  # what a question to another load balancer has
ROOT = "/etc/nginx/peerlb/acme/webroot"  # as the container sees it
NOBODY = "@peerlb_acme_nobody"
# What a CA asks for, and nothing else, is exempt from guards. RFC 8555 says what a token is of.
TOKEN = "^/[.]well-known/acme-challenge/[A-Za-z0-9_-]+$"


def acme_lines(peers: t.Sequence[str] = (), root: str = ROOT) -> str:
    """Return the text of acme.conf, for the context server.

    peers: the http listeners of the other load balancers, such as 10.0.0.3:80. It sets
    $peerlb_exempt to "acme" for a challenge and to "" otherwise, so include it before what guards.
    """
    first = "@peerlb_acme_1" if peers else NOBODY
    lines = [
        'set $peerlb_exempt "";',
        f'if ($uri ~ "{TOKEN}") {{ set $peerlb_exempt acme; }}',
        f"set $peerlb_acme {first};",
        "# A question of another load balancer goes no further, and neither does what is no token.",
        f"if ($http_{MARK.lower().replace('-', '_')}) {{ set $peerlb_acme {NOBODY}; }}",
        f'if ($peerlb_exempt = "") {{ set $peerlb_acme {NOBODY}; }}',
        f"location ^~ {PATH} {{",
        f"    root {root};",
        "    default_type text/plain;",
        "    types { }",
        "    open_file_cache off;",
        "    try_files $uri $peerlb_acme;",
        "}",
    ]
    for number, peer in enumerate(peers, 1):
        following = f"@peerlb_acme_{number + 1}" if number < len(peers) else NOBODY
        lines += _hop(number, peer, following)
    lines += [f"location {NOBODY} {{", "    return 404;", "}"]
    return "".join(f"{line}\n" for line in lines)


def _hop(number: int, peer: str, following: str) -> list[str]:
    """Return the location that asks one load balancer, and then the following one."""
    return [
        f"location @peerlb_acme_{number} {{",
        f"    proxy_pass http://{peer};",
        "    proxy_method GET;",
        "    proxy_pass_request_body off;",
        "    proxy_pass_request_headers off;",
        '    proxy_set_header Content-Length "";',
        "    proxy_set_header Host $host;",
        f"    proxy_set_header {MARK} 1;",
        "    proxy_connect_timeout 1s;",
        "    proxy_read_timeout 2s;",
        "    proxy_intercept_errors on;",
        "    recursive_error_pages on;",
        f"    error_page 301 302 308 400 403 404 421 429 500 502 503 504 = {following};",
        "}",
    ]

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends requests one after the other, as a program of a network namespace. It imports nothing else.

Standard input is JSON: the host, the port, and for each request method, target, headers and body,
the last in base64. Standard output is a JSON list of the statuses; 0 is a request without an
answer. A connection is used again while it lasts; nothing is sent twice.
"""

import base64
import http.client
import json
import sys


def main() -> None:
    """Send the requests of standard input."""
    asked = json.load(sys.stdin)
    connection = http.client.HTTPConnection(asked["host"], asked["port"], timeout=30)
    statuses = []
    for method, target, headers, body in asked["requests"]:
        try:
            connection.request(method, target, base64.b64decode(body) or None, headers)
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        except (OSError, http.client.HTTPException):
            statuses.append(0)
            connection.close()
    json.dump(statuses, sys.stdout)


if __name__ == "__main__":
    main()

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep database sessions in a transaction until stdin says to commit.

"sessions.py ADDRESS COUNT" reads the password, prints "open", and commits when it reads a second
line.
"""

from __future__ import annotations

import ssl
import sys
import uuid

import pymysql


def connect(address: str, password: str) -> pymysql.Connection:
    """Return a session with MySQL."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    login = {"user": "webapp", "password": password, "database": "webapp"}
    return pymysql.connect(host=address, port=3306, ssl=context, **login)


def write(connection: pymysql.Connection, request: str) -> None:
    """Insert a row with the id of this run."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO operate_sessions VALUES (%s)", (request,))


def main() -> None:
    """Open the sessions, commit them on request, and print how many are committed."""
    address, count, password = sys.argv[1], int(sys.argv[2]), sys.stdin.readline().strip()
    run = uuid.uuid4().hex
    first = connect(address, password)
    with first.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS operate_sessions (request CHAR(32))")
    connections = [connect(address, password) for _each in range(count)]
    for connection in connections:
        connection.begin()
        write(connection, run)
    print("open", flush=True)
    sys.stdin.readline()
    for connection in connections:
        try:
            write(connection, run)
            connection.commit()
        except pymysql.MySQLError as exc:
            print(exc, file=sys.stderr)
    with first.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) DIV 2 FROM operate_sessions WHERE request = %s", (run,))
        print(f"{cursor.fetchone()[0]} committed")
        cursor.execute("DROP TABLE operate_sessions")
    for connection in (*connections, first):
        connection.close()


if __name__ == "__main__":
    main()

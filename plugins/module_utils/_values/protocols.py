# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The protocols of flows and of nginx's listeners: the one list of each. No Ansible, no I/O."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Protocol:
    """What a flow speaks.

    label: its name in a sentence; balanced_as: the protocol of the listener that balances it; tls:
    whether it begins with a handshake of TLS.
    """

    name: str
    label: str
    balanced_as: str
    tls: bool = False


# A listener balances requests (http) or connections (tcp).
LISTENER_PROTOCOLS = ("http", "tcp")

# A flow's protocol by its name. A protocol that is added here needs a conversation for its probe
# (`_probe/conversation.py`).
PROTOCOLS = {
    each.name: each
    for each in (
        Protocol("tcp", "TCP", "tcp"),  # a probe only connects
        Protocol("http", "HTTP", "http"),  # a probe asks for a path and reads the status line
        Protocol("https", "HTTPS", "http", tls=True),  # the same, after a handshake
        Protocol("mysql", "MySQL", "tcp"),  # a probe logs in, and is refused as it should be
        Protocol("redis", "Redis", "tcp"),  # a probe sends PING, and is refused as it should be
    )
}

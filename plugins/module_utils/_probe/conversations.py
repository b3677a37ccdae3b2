# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which conversation a probe has, by the protocol of its target. No I/O."""

from __future__ import annotations

from .conversation import Conversation, HttpConversation, MysqlConversation, TcpConversation
from .https import HttpsConversation
from .redis import RedisConversation
from .target import Target

# The conversation for each of the PROTOCOLS.
CONVERSATIONS: dict[str, type[Conversation]] = {
    "tcp": TcpConversation,
    "http": HttpConversation,
    "https": HttpsConversation,
    "mysql": MysqlConversation,
    "redis": RedisConversation,
}


def start(target: Target) -> Conversation:
    """Return a new conversation in the target's protocol."""
    return CONVERSATIONS[target.protocol](target)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._probe.conversations import (
    CONVERSATIONS,
    start,
)
from ansible_collections.peerlb.stack.plugins.module_utils._probe.target import Target
from ansible_collections.peerlb.stack.plugins.module_utils._values.protocols import PROTOCOLS

FOREIGN = b"220 mail.example ESMTP ready, and waits for a word\r\n"


def test_every_protocol_has_its_conversation() -> None:
    assert list(CONVERSATIONS) == list(PROTOCOLS)


@pytest.mark.parametrize("protocol", [name for name in PROTOCOLS if name != "tcp"])
def test_wrong_protocol_is_named(protocol: str) -> None:
    conversation = start(Target("a", "10.0.0.2", 25, protocol))
    assert isinstance(conversation, CONVERSATIONS[protocol])
    conversation.receive(FOREIGN)
    assert conversation.outcome and conversation.outcome.state == "wrong_protocol"
    assert conversation.outcome.detail.startswith("not ")

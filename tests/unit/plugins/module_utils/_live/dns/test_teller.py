# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio

import dns.asyncquery
import dns.message
from ansible_collections.peerlb.stack.plugins.module_utils._live.dns.teller import DnsTeller, Turns
from ansible_collections.peerlb.stack.plugins.module_utils._live.shares import Share
from support.nginx import free_port


def test_teller_answers_for_pools_and_notes_who_asked() -> None:
    async def ask() -> None:
        port = free_port()
        teller = DnsTeller(port)
        teller.tell({"webapp": [Share("web1", "10.1.0.2", 3000, 3)], "Other_Pool": []})
        await teller.start()
        query = dns.message.make_query("_http._tcp.webapp.peerlb", "SRV")
        answer = await dns.asyncquery.udp(query, "127.0.0.1", port=port, timeout=5)
        await asyncio.sleep(0.01)
        assert [(each.weight, each.port) for each in answer.answer[0]] == [(3, 3000)]
        assert list(teller.taken()) == [("http", "webapp")]
        other = dns.message.make_query("_http._tcp.nosuch.peerlb", "SRV")
        await dns.asyncquery.udp(other, "127.0.0.1", port=port, timeout=5)
        await asyncio.sleep(0.01)
        assert list(teller.taken()) == [("http", "webapp")]
        await teller.stop()

    asyncio.run(ask())


def test_each_change_of_a_pool_gives_its_weights_another_factor() -> None:
    turns = Turns()

    def told(*weights: int, in_turn: bool = True) -> list[int]:
        shares = [Share(f"web{n}", f"10.1.0.{n}", 3000, weight) for n, weight in enumerate(weights)]
        found = turns.anew({"webapp": shares, "other": []}, ["webapp"] if in_turn else [])
        return [share.weight for share in found["webapp"]]

    assert told(1, 1) == told(1, 1) == [1, 1]
    assert told(3, 1) == told(3, 1) == [6, 2]
    assert told(3) == [3]
    assert told(3, 1) == [6, 2]
    assert told(1, 1) == [1, 1]
    assert told(5, 1, in_turn=False) == [5, 1]

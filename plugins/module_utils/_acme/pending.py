# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a play has to know: which certificates are not there yet, and why."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, replace
from pathlib import Path

from .state import read_state, write_state
from .wanted import Wanted

UNIT = "peerlb-certificates.service"


def missing(root: Path, wanted: Wanted) -> list[str]:
    """Return the names of the certificates that are not issued, or were asked for otherwise."""
    return [
        each.name
        for each in wanted.certificates
        if not read_state(root, each.name).is_served(wanted.identity(each))
    ]


def failures(root: Path, names: t.Iterable[str]) -> list[str]:
    """Return a sentence for each of these certificates: what the CA said, and when it is asked."""
    sentences = []
    for name in names:
        state = read_state(root, name)
        why = state.message or "nobody has asked the CA: see journalctl -u peerlb-certificates"
        sentence = f"certificate {name}: {why}"
        if state.failures:
            sentence += (
                f" (asked at {state.attempted}; the CA is not asked again before {state.next},"
                " unless nginx_lb_acme_retry is set)"
            )
        sentences.append(sentence)
    return sentences


def forget_refusals(root: Path, names: t.Iterable[str]) -> None:
    """Let the next attempt for these certificates ask the CA at once."""
    for name in names:
        state = read_state(root, name)
        if state.failures:
            write_state(root, name, replace(state, failures=0, next=""))


def shown(root: Path, wanted: Wanted) -> dict[str, dict[str, t.Any]]:
    """Return what became of each certificate, by its name, as `State` has it."""
    return {each.name: asdict(read_state(root, each.name)) for each in wanted.certificates}

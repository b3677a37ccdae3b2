# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draw ratios as bars: an SVG of a few lines, which can be read on light and on dark pages."""

from __future__ import annotations

import typing as t
from html import escape

WIDTH, LABEL, ROW, HEAD = 760, 190, 20, 34
STYLE = """\
text { font: 12px sans-serif; fill: #333 } .head { font-weight: bold }
.bar { fill: #7f9cc0 } .ours { fill: #2e9e5b } .line { stroke: #888; stroke-dasharray: 3 3 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } }
"""


def bars(groups: t.Mapping[str, t.Mapping[str, float]]) -> str:
    """Return the picture of {"load": {"peer": 1.4}}; the first of each load is ours, of 1."""
    scale = (WIDTH - LABEL - 60) / max(max(group.values()) for group in groups.values())
    title = "CPU time of the load balancer for each request, ours = 1 (longer is worse)"
    parts = [f"<style>{STYLE}</style>", _text(10, 20, title, "head")]
    top = 24
    for head, group in groups.items():
        top += HEAD
        parts.append(_text(10, top - 8, head, "head"))
        for number, (name, ratio) in enumerate(group.items()):
            kind = "bar" if number else "bar ours"
            parts += _row(top, name, ratio, scale, kind)
            top += ROW
    one = LABEL + scale
    parts.append(f'<line class="line" x1="{one:.0f}" x2="{one:.0f}" y1="40" y2="{top}"/>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top + 14}">'
    return "\n".join([head, *parts, "</svg>", ""])


def _row(top: int, name: str, ratio: float, scale: float, kind: str) -> list[str]:
    length = ratio * scale
    box = f'x="{LABEL}" y="{top + 2}" width="{length:.0f}" height="{ROW - 5}"'
    return [
        _text(20, top + 13, name),
        f'<rect class="{kind}" {box}/>',
        _text(LABEL + length + 6, top + 13, f"{ratio:.2f}"),
    ]


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}">{escape(text)}</text>'

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell in words what the web application firewall did."""

from __future__ import annotations

import typing as t


def waf_lines(info: t.Mapping[str, t.Any]) -> list[str]:
    """Return lines about the firewall, from what nginx_release_info returned; [] without one."""
    waf = info.get("waf") or {}
    if not waf:
        return []
    lines = []
    if waf["state"] != "running":
        lines.append(
            f"the web application firewall is {waf['state']}: docker logs peerlb-waf says why"
        )
    for route, verdicts in (info.get("inspected") or {}).items():
        told = ", ".join(f"{number} {verdict}" for verdict, number in verdicts.items())
        lines.append(f"web application firewall: {route}: {told}")
    if waf.get("would_refuse"):
        lines.append(
            f"web application firewall: {waf['would_refuse']} requests would have been refused,"
            " but it is a preview"
        )
    return lines + [
        f"web application firewall: rule {each['rule']} matched {each['requests']} requests:"
        f" {each['message']}"
        for each in waf.get("rules") or ()
    ]

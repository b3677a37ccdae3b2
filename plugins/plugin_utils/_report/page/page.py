# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Render a report as one HTML page that needs nothing else: no script, no file, no network.

No I/O.
"""

from __future__ import annotations

import typing as t

from ..data.tally import FAILED, NOT_PROBED, OK, Record
from ..markup import Markup, joined, section, tag
from ..picture.labels import WORDS, milliseconds
from ..picture.picture import SIGNS, picture
from ..picture.routes import NARROW, WIDE
from ..picture.svg import draw
from .failures import failures
from .matrix import matrix
from .project import project, state, verdict
from .style import STYLE
from .tables import flow_table, host_table, length_bar, network_table, table

NAMES = 6  # of hosts in a sentence
SAID = 600  # characters of the application's answer
# The browser itself then refuses whatever is not in the page.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def report_html(report: Record) -> str:
    """Return the page for what verification_report() returned."""
    title = f"{SIGNS[report['summary']['state']]} Who reaches whom"
    sections = [
        _header(report),
        _figures(report),
        failures(report),
        project(report.get("project")),
        _topology(report),
        section("Flows", flow_table(report)),
        section("Matrix", matrix(report)),
        section("Networks", network_table(report)),
        section("Hosts", host_table(report)),
        _service(report["service"]),
    ]
    return _page(title, report["generated_at"], sections)


def audit_html(audit: Record) -> str:
    """Return a page about the cloud's project alone, for what audit() returned."""
    found = state(audit)
    words = {
        OK: "The project is as declared",
        FAILED: "The project is not as declared",
        NOT_PROBED: "The project could not be judged in full",
    }[found]
    title = f"{SIGNS[found]} {words}"
    header = tag("header", tag("h1", title), class_=found, data_state=found)
    return _page(title, audit.get("generated_at", ""), [header, project(audit)])


def _page(title: str, when: str, sections: list[Markup | None]) -> str:
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("title", title),
        tag("style", Markup(STYLE)),
    )
    footer = tag("footer", f"Written by peerlb.stack at {when}")
    page = tag("html", head, tag("body", tag("main", *sections, footer)), lang="en")
    return "<!doctype html>\n" + page + "\n"


def _header(report: Record) -> Markup:
    found = report["summary"]
    state, total = found["state"], found["total"]
    words = {
        OK: f"All {total} probes are as declared",
        FAILED: f"{found['failed']} of {total} probes are not as declared",
        NOT_PROBED: f"{found['not_probed']} of {total} probes could not be made",
    }[state]
    if state == FAILED and not found["failed"]:
        words = f"All {total} probes are as declared, but the service is not well"
    return tag(
        "header",
        tag("h1", f"{SIGNS[state]} {words}"),
        verdict(report.get("project")),
        tag("p", _from_where(report["any_probed_from"])),
        *(tag("p", sentence) for sentence in report["unjudged"]),
        tag("p", "Measured until ", report["generated_at"], class_="soft"),
        class_=state,
        data_state=state,
    )


def _from_where(vantages: Record) -> str | None:
    """Say from where the flows from any were tried."""
    if not vantages["declared"]:
        return "No flow is declared from any."
    outside, inside = vantages["outside"], vantages["inside"]
    where = f"from outside by {_names(outside)}" if outside else "not from outside"
    also = f", and from inside by {_names(inside)}" if inside else ""
    return f"Flows from any were probed {where}{also}."


def _names(names: list[str]) -> str:
    rest = len(names) - NAMES
    return ", ".join(names[:NAMES]) + (f" and {rest} more" if rest > 0 else "")


def _figure(name: str, value: t.Any, note: str = "") -> Markup:
    return tag("div", tag("dt", name), tag("dd", f"{value} ", tag("small", note)))


def _figures(report: Record) -> Markup:
    found = report["summary"]
    sources = list(report["matrix"].values())
    probed = sum(any(probe["ok"] is not None for probe in row.values()) for row in sources)

    return tag(
        "dl",
        _figure("Open as declared", found["open"]["ok"], f"of {found['open']['total']}"),
        _figure("Closed as declared", found["closed"]["ok"], f"of {found['closed']['total']}"),
        _figure("Probed from", probed, f"of {len(sources)} hosts"),
        _figure("Median latency", milliseconds(found["median_ms"]) or "-", _slowest(found)),
        class_="figures",
    )


def _slowest(found: Record) -> str:
    return "" if found["max_ms"] is None else f"slowest {milliseconds(found['max_ms'])}"


def _topology(report: Record) -> Markup:
    shown = picture(report)
    left = f"and {shown.left_out} more flows, see the table" if shown.left_out else None
    marks = [
        tag("li", _swatch(f"flow {state}"), f"{SIGNS[state]} flow, {words}")
        for state, words in WORDS.items()
    ]
    peering = tag("li", _swatch(), "peering, never transitive")
    more = tag("li", left) if left else None
    legend = tag("ul", *marks, peering, more, class_="legend")
    pictures = [tag("div", draw(shown, scale), class_="scroll") for scale in (WIDE, NARROW)]
    return tag("section", tag("h2", "Topology"), tag("figure", *pictures, legend), id="topology")


def _swatch(class_: str = "") -> Markup:
    path = tag("path", d="M4,8 H34", class_="line" if class_ else "peering")
    tip = tag("path", d="M38,8 l-8,-5 v10 z", class_="tip") if class_ else None
    inside = tag("g", path, tip, class_=class_ or None)
    return tag("svg", inside, width=40, height=16, viewBox="0 0 40 16", aria_hidden="true")


def _service(service: Record) -> Markup | None:
    """Say how the application answered a client; service may hold any of the keys asked for."""
    if not service:
        return None
    served = service.get("served_by") or {}
    total = sum(served.values())
    rows = [
        [name, str(count), joined([f"{100 * count / total:.0f} %", length_bar(count, total)])]
        for name, count in served.items()
    ]
    figures = [
        ("Answers", total, f"to {service.get('client') or 'a client'}"),
        ("Without an answer", service.get("failed_requests", "-"), ""),
        ("Median of an answer", milliseconds(service.get("median_ms")) or "-", ""),
        ("Live release", service.get("release") or "-", ""),
    ]
    body = (service.get("connection") or "").strip()
    said = tag("p", "What the application says of MySQL:"), tag("pre", body[:SAID])
    return section(
        "Service",
        tag("dl", *(_figure(*figure) for figure in figures), class_="figures"),
        table(("Member", "Answers", "Share"), rows, numbers=(1,)) if rows else None,
        tag("div", *said, class_="said") if body else None,
    )

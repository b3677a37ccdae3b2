# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report in a real browser: its elements, its picture, its sizes and its themes."""

from __future__ import annotations

import collections
import itertools
import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.page import report_html
from support import report_samples
from support.chromium import Chromium, Rgb, started

SCREENS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
SAMPLES = ("well", "edge", "broken", "larger", "hostile", "audited")

# What scripts below use. The page has a drawing for each width, and shows one of the two.
HELPERS = """
const drawn = [...document.querySelectorAll('svg.topology')].filter(e => e.getClientRects().length);
if (drawn.length !== 1) throw new Error(`${drawn.length} drawings are shown`);
const all = selector => [...drawn[0].querySelectorAll(selector)];
const box = e => { const r = e.getBoundingClientRect();
  return {x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: r.height}; };
"""


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Chromium]:
    with started(tmp_path_factory.mktemp("profile")) as chromium:
        yield chromium


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, t.Any]:
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for name in SAMPLES:
        found[name] = folder / f"{name}.html"
        found[name].write_text(report_html(getattr(report_samples, name)()), encoding="utf-8")
    return found


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def screen(request: pytest.FixtureRequest) -> tuple[int, str]:
    return request.param


@pytest.fixture
def show(browser: Chromium, pages: dict, screen: tuple[int, str]) -> t.Callable[[str], Chromium]:
    """Return a function that opens a sample's page on each of the screens."""

    def shown(name: str) -> Chromium:
        browser.open(pages[name], *screen)
        return browser

    return shown


def in_drawing(browser: Chromium, script: str) -> t.Any:
    """Return what a script returns that uses `all` and `box`, for elements of the drawing."""
    return browser.evaluate(f"(() => {{ {HELPERS} {script} }})()")


def inside(inner: dict, outer: dict, slack: float = 0.5) -> bool:
    """Tell whether one box is inside another; slack is in pixels."""
    return (
        inner["x"] >= outer["x"] - slack
        and inner["y"] >= outer["y"] - slack
        and inner["x"] + inner["width"] <= outer["x"] + outer["width"] + slack
        and inner["y"] + inner["height"] <= outer["y"] + outer["height"] + slack
    )


def overlap(one: dict, other: dict) -> bool:
    """Tell whether two boxes have a pixel in common."""
    return (
        one["x"] < other["x"] + other["width"]
        and other["x"] < one["x"] + one["width"]
        and one["y"] < other["y"] + other["height"]
        and other["y"] < one["y"] + one["height"]
    )


def brightness(colour: Rgb) -> float:
    """Return the relative luminance as WCAG defines it, 0 to 1."""
    parts = [value / 255 for value in colour]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast as WCAG defines it, 1 to 21."""
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


def state_of_colour(colour: Rgb) -> str:
    """Return the state that a colour shows in either theme: green, red or grey."""
    red, green, _blue = colour
    if green - red > 40:
        return "ok"
    return "failed" if red - green > 40 else "not_probed"


def test_pixels_of_a_screenshot_are_read(browser: Chromium, tmp_path) -> None:
    colours = [(18, 52, 86), (255, 0, 1), (0, 200, 0), (250, 251, 252)]
    cells = "".join(f"<i style='background:rgb{colour}'></i>" for colour in colours)
    style = "body{margin:0;display:flex}i{width:10px;height:10px}"
    page = tmp_path / "squares.html"
    page.write_text(f"<!doctype html><style>{style}</style><body>{cells}")
    browser.open(page, 390, "light")
    rows = browser.pixels({"x": 0, "y": 0, "width": 40, "height": 10})
    assert [rows[9][x] for x in (0, 9, 10, 25, 39)] == [colours[i] for i in (0, 0, 1, 2, 3)]


@pytest.mark.parametrize("name", SAMPLES)
def test_page_loads_nothing_and_fits_the_screen(show, screen, name) -> None:
    browser = show(name)
    assert browser.requests() == [browser.evaluate("location.href")]
    assert browser.complaints() == []
    width = browser.evaluate("document.documentElement.scrollWidth")
    assert width == screen[0]
    assert browser.evaluate("document.scripts.length") == 0


@pytest.mark.parametrize(
    ("name", "networks", "peerings", "flows"),
    [
        ("well", 3, 2, {"ok": 4}),
        ("broken", 3, 2, {"ok": 2, "failed": 4, "not_probed": 1}),
        ("larger", 6, 7, {"ok": 7, "failed": 3}),
    ],
)
def test_drawing_has_all_networks_peerings_and_flows(show, name, networks, peerings, flows) -> None:
    browser = show(name)
    report = getattr(report_samples, name)()
    drawn = in_drawing(
        browser,
        """return {networks: all('.network').map(e => e.dataset.name),
        peerings: all('.peering').length,
        states: all('.flow').map(e => e.dataset.state), text: drawn[0].textContent,
        label: drawn[0].getAttribute('aria-label')}""",
    )
    assert sorted(drawn["networks"]) == sorted(n["name"] for n in report["networks"] if n["name"])
    assert len(drawn["networks"]) == networks
    assert drawn["peerings"] == peerings
    assert collections.Counter(drawn["states"]) == flows
    assert f"{peerings} peerings" in drawn["label"]
    for network in report["networks"]:
        assert all(cidr in drawn["text"] for cidr in network["cidrs"])


def test_hosts_are_drawn_with_address_zone_and_state(show) -> None:
    browser = show("broken")
    cards = in_drawing(
        browser,
        "return all('.member').map(e => [...e.querySelectorAll('text')].map(t => t.textContent))",
    )
    assert sorted(cards) == [
        ["client", "203.0.113.10", "", "✗"],
        ["db1", "10.2.0.2", "lab-a", "✗"],
        ["lb1", "10.0.0.2", "lab-c", "✗"],
        ["web1", "10.1.0.2", "lab-a", "✗"],
        ["web2", "10.1.0.3", "lab-b", "✗"],
    ]
    states = in_drawing(show("well"), "return all('.member').map(e => e.dataset.state)")
    assert states == ["ok"] * 5


def test_many_hosts_are_one_card(show) -> None:
    cards = in_drawing(show("larger"), "return all('.member').map(e => e.dataset.name)")
    assert "19 more hosts" in cards
    assert "shop-03" in cards  # it failed
    assert "shop-04" not in cards


@pytest.mark.parametrize("name", ["well", "broken"])
def test_flows_have_the_colour_of_their_state(show, name) -> None:
    browser = show(name)
    flows = in_drawing(
        browser, "return all('.flow').map(e => [e.dataset.state, box(e.querySelector('.tip'))])"
    )
    assert flows
    for state, tip in flows:
        rows = browser.pixels({key: int(value) for key, value in tip.items()})
        seen = collections.Counter(colour for row in rows for colour in row)
        back = tuple(browser.pixels({"x": 14, "y": 14, "width": 1, "height": 1})[0][0])
        inked = [c for c, _count in seen.most_common() if contrast(c, back) > 2.5]
        assert inked, "nothing is drawn here"
        assert state_of_colour(inked[0]) == state


def test_states_differ_by_sign_and_dashes_too(show) -> None:
    browser = show("broken")
    labels = in_drawing(
        browser,
        "return all('.label').map(e => [e.dataset.state, e.querySelector('text').textContent])",
    )
    signs = {"ok": "✓", "failed": "✗", "not_probed": "?"}
    assert len(labels) == 7
    assert all(words.startswith(signs[state]) for state, words in labels)
    dashes = in_drawing(
        browser,
        """return all('.flow').map(e => [e.dataset.state,
        getComputedStyle(e.querySelector('.line')).strokeDasharray])""",
    )
    assert len({dash for _state, dash in dashes}) == len({state for state, _dash in dashes}) == 3


@pytest.mark.parametrize("name", SAMPLES)
def test_labels_cards_and_boxes_do_not_overlap(show, name) -> None:
    browser = show(name)
    pills = in_drawing(
        browser,
        """return all('.label').map(e =>
        [box(e.querySelector('rect')), box(e.querySelector('text'))])""",
    )
    for pill, words in pills:
        assert inside(words, pill)
    for number, (pill, _words) in enumerate(pills):
        assert not any(overlap(pill, other) for other, _words in pills[number + 1 :])
    cards = in_drawing(
        browser,
        """return all('.member').map(e =>
        [box(e.querySelector('rect')), ...[...e.querySelectorAll('text')].map(box)])""",
    )
    for card, title, detail, zone, sign, *notes in cards:
        assert all(inside(words, card) for words in (title, detail, sign, *notes))
        lines = [detail, *notes]
        assert not any(overlap(one, next_one) for one, next_one in itertools.pairwise(lines))
        assert not overlap(title, sign)
        assert zone["width"] == 0 or not overlap(detail, zone)
    boxes = in_drawing(browser, "return all('.box').map(box)")
    for number, one in enumerate(boxes):
        assert not any(overlap(one, other) for other in boxes[number + 1 :])
        assert not any(overlap(one, pill) for pill, _words in pills)
        assert inside(one, in_drawing(browser, "return box(drawn[0])"))


@pytest.mark.parametrize("name", ["well", "edge", "broken", "larger"])
def test_text_of_the_drawing_is_large_enough(show, name) -> None:
    """The drawing shrinks on small screens, but its text stays 7.5 pixels high or more."""
    browser = show(name)
    scale = in_drawing(
        browser, "return drawn[0].getBoundingClientRect().width / drawn[0].viewBox.baseVal.width"
    )
    size = in_drawing(
        browser,
        "return Math.min(...all('text').map(e => parseFloat(getComputedStyle(e).fontSize)))",
    )
    assert scale * size >= 7.5


def test_page_follows_the_readers_theme(show, screen) -> None:
    browser = show("well")
    corner = browser.pixels({"x": 2, "y": 2, "width": 4, "height": 4})[0][0]
    assert brightness(corner) < 0.02 if screen[1] == "dark" else brightness(corner) > 0.85


@pytest.mark.parametrize("name", ["well", "edge", "broken", "audited"])
def test_text_has_enough_contrast(show, name) -> None:
    """WCAG asks for a contrast of 4.5 to 1 between text and what is behind it."""
    browser = show(name)
    pairs = in_drawing(
        browser,
        """
        const numbers = c => c.match(/[\\d.]+/g).map(Number);
        const behind = e => { for (; e; e = e.parentElement) {
            const c = numbers(getComputedStyle(e).backgroundColor);
            if (c.length === 3 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
        const words = all('text').map(e => {
            const rect = e.parentElement.querySelector('rect');
            if (!rect) return null;
            const fill = getComputedStyle(rect).fill;
            return [e.textContent, numbers(getComputedStyle(e).fill),
                    fill === 'none' ? behind(drawn[0]) : numbers(fill)]; });
        const main = document.querySelector('main');
        const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
        const found = words.filter(Boolean);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const e = node.parentElement;
            if (!node.data.trim() || e.closest('svg') || !e.getClientRects().length) continue;
            found.push([node.data, numbers(getComputedStyle(e).color), behind(e)]); }
        return found;""",
    )
    assert len(pairs) > 60
    assert [pair for pair in pairs if contrast(pair[1], pair[2]) < 4.5] == []


def test_failures_are_explained_before_the_topology(show) -> None:
    browser = show("broken")
    titles = browser.evaluate("[...document.querySelectorAll('h2')].map(e => e.textContent)")
    assert titles[:2] == ["What is not as declared", "Topology"]
    first = browser.evaluate("document.querySelector('.failure').innerText")
    assert "lb1 -> web2:3000" in first
    assert "container peerlb-webapp exited 3 minutes ago" in first
    assert browser.evaluate("document.querySelectorAll('.failure').length") == 5


def test_health_of_pools_is_shown_inside_of_its_section(show) -> None:
    browser = show("broken")
    lines = browser.evaluate("[...document.querySelectorAll('ul.health li')].map(e => e.innerText)")
    assert len(lines) == 2
    assert "web2: bad since 2026-03-14T09:20:11Z (refuses connections)" in lines[1]
    inside = "(e => e.scrollWidth <= e.clientWidth)(document.querySelector('ul.health'))"
    assert browser.evaluate(inside)


def test_requests_are_shown_in_a_table_and_on_the_card(show) -> None:
    browser = show("edge")
    titles = browser.evaluate("[...document.querySelectorAll('h2')].map(e => e.textContent)")
    assert titles[:2] == ["Topology", "What the load balancers do with requests"]
    shown = "[...document.querySelectorAll('#edge tbody tr')].filter(e => e.offsetHeight).length"
    assert browser.evaluate(shown) == 16
    notes = in_drawing(browser, "return all('.note').map(e => e.closest('.member').dataset.name)")
    assert notes == ["lb1"] * 6


def test_the_project_is_shown_before_the_topology(show) -> None:
    browser = show("audited")
    titles = browser.evaluate("[...document.querySelectorAll('h2')].map(e => e.textContent)")
    assert titles[:2] == ["The project", "Topology"]
    shown = browser.evaluate(
        """[...document.querySelectorAll('.failure')].map(e => [e.className.split(' ')[1],
        e.querySelector('h3').innerText, getComputedStyle(e).borderLeftColor])"""
    )
    assert [severity for severity, _object, _colour in shown] == [
        "error",
        "error",
        "warning",
        "info",
    ]
    assert len({colour for _severity, _object, colour in shown}) == 2
    assert shown[0][1] == "vpc-db and vpc-nginx-lb"
    commands = browser.evaluate("document.querySelectorAll('.failure pre').length")
    assert commands == 2
    inside = "[...document.querySelectorAll('.failure')].every(e => e.scrollWidth <= e.clientWidth)"
    assert browser.evaluate(inside)


def test_matrix_has_a_cell_for_every_pair(show) -> None:
    browser = show("broken")
    states = browser.evaluate(
        """[...document.querySelectorAll('td[data-state]')].map(e =>
        e.closest('section').querySelector('h2').textContent + ' ' + e.dataset.state)"""
    )
    counted = collections.Counter(states)
    assert {key: n for key, n in counted.items() if key.startswith("Matrix")} == {
        "Matrix ok": 12,
        "Matrix failed": 4,
        "Matrix not_probed": 4,
    }


def test_wide_matrix_scrolls_inside_of_its_own_box(show, screen) -> None:
    browser = show("larger")
    matrix = "document.querySelector('.table:has(> table.matrix)')"
    scrolled = browser.evaluate(
        f"(() => {{ const box = {matrix}; box.scrollLeft = 1e6; const right = box.scrollLeft;"
        " const last = [...box.querySelectorAll('thead th')].pop().getBoundingClientRect();"
        " const seen = last.right <= box.getBoundingClientRect().right + 1;"
        " return {right, seen, page: document.documentElement.scrollWidth,"
        " reachable: box.tabIndex}; })()"
    )
    assert scrolled["seen"] and scrolled["page"] == screen[0]
    assert scrolled["right"] > 0 or screen[0] > 390
    assert scrolled["reachable"] == 0


def test_page_can_be_read_by_a_screen_reader(show) -> None:
    browser = show("broken")
    assert browser.evaluate("document.documentElement.lang") == "en"
    assert browser.evaluate("document.title") == "✗ Who reaches whom"
    assert browser.evaluate("document.querySelectorAll('h1').length") == 1
    heads = "[...document.querySelectorAll('th')].filter(e => !e.scope).length"
    assert browser.evaluate(heads) == 0
    assert browser.evaluate("document.querySelectorAll('th').length") > 20


def test_markup_in_names_stays_text(show) -> None:
    browser = show("hostile")
    assert browser.evaluate("document.title") == "✗ Who reaches whom"
    assert browser.evaluate("document.querySelectorAll('script, img, iframe, b').length") == 0
    assert '</title><script>document.title="owned"' in browser.evaluate("document.body.innerText")

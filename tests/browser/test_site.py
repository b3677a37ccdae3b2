# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the site of the documents, and look at it in a real browser, from the file system."""

from __future__ import annotations

import re
import subprocess
import typing as t
from pathlib import Path
from urllib.parse import unquote

import pytest
from support import ROOT
from support.chromium import Chromium, started

SCREENS = [(1280, "light"), (390, "dark")]
PAGES = (
    *("index", "README", "docs/architecture", "docs/google-cloud", "roles/docker/README"),
    *("reference/index", "reference/nginx_release_module", "reference/pools_filter"),
)


@pytest.fixture(scope="module")
def site() -> Path:
    """Return the folder of the site. scripts/docs fails on a reference that leads nowhere."""
    done = subprocess.run(
        [ROOT / "scripts/docs"], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / ".cache/docs/html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Chromium]:
    with started(tmp_path_factory.mktemp("profile")) as chromium:
        yield chromium


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
@pytest.mark.parametrize("page", PAGES)
def test_page_needs_no_network_and_fits(browser, site, page, screen) -> None:
    browser.open(site / f"{page}.html", *screen)
    asked = [url for url in browser.requests() if not url.startswith(("file:", "data:"))]
    assert asked == []
    assert browser.complaints() == []
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # Sphinx and the theme show their own errors in the page.
    text = browser.evaluate("document.querySelector('article').innerText")
    assert len(text) > 100
    assert "ERROR" not in text


def test_links_within_the_site_lead_to_files(site: Path) -> None:
    broken = []
    for page in site.rglob("*.html"):
        for link in re.findall(r'href="([^"#?:]+)[^":]*"', page.read_text()):
            if not (page.parent / unquote(link)).exists():
                broken.append(f"{page.relative_to(site)}: {link}")
    assert broken == []


def test_every_document_is_a_page(site: Path) -> None:
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("roles/*/README.md")]
    pages = [(site / path.relative_to(ROOT)).with_suffix(".html") for path in documents]
    assert len(pages) > 15
    assert [page for page in pages if not page.is_file()] == []

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands that README and docs show, and where each of them is run as it is written."""

from __future__ import annotations

import re
import typing as t

from markdown_it import MarkdownIt

from . import ROOT

MARKDOWN = MarkdownIt("commonmark").enable("table")

PLAYBOOKS = (
    "block|drain|explain|lb_status|maintenance|nginx_lb|set_weights|status|unblock|undrain|verify"
)
# Run on the lab, by molecule/contract/test_documents.py.
ON_THE_LAB = (
    r"\. \.venv/bin/activate",
    rf"(\.venv/bin/)?ansible-playbook playbooks/({PLAYBOOKS})\.yml",
    r"ansible-playbook playbooks/rollback\.yml$",
    r"ansible-playbook site\.yml --check --diff",
    r"(\.venv/bin/)?python -m lab (next|status|start|stop|exec client|exec fabric nft -a list)\b",
)
# Run in an empty project, by tests/playbooks/test_documents.py.
ON_THE_CONTROLLER = (
    r"ansible-doc ",
    r"ansible-galaxy collection (build|install) ",
    r"ansible-playbook (peerlb\.stack|playbooks/)\.?new_inventory",
    r"ansible-playbook -i inventories/mine (peerlb\.stack\.check|playbooks/check\.yml)",
)
# Not run as written, and why.
NOT_RUN = {
    r"make |git clone ": "molecule's scenario default does the same; the clone is there",
    r"scripts/setup venv": "each run of make test begins with it",
    r"(ansible-playbook|ansible-inventory) -i inventories/mine ": "needs VMs of the reader's own",
    r"cp -r inventories/gcp ": "needs a project of Google Cloud",
    r"(gcloud|for|done|docker|skopeo|mkdir)\b": "needs a project of Google Cloud, or a registry",
    r"\.venv/bin/python -m lab (-i \S+ )*(up|down|images|retag|acme)\b": "molecule does it",
    r"ansible-playbook playbooks/check\.yml$": "tests run it with other inventories",
    r"(\.venv/bin/)?ansible-playbook -i \S+/lab -i inventories/lab_edge ": "see molecule/edge",
    r"curl --cacert \.lab/": "needs the port that make demo opens; see molecule/edge",
    r"ansible-playbook site\.yml && ": "needs a lab with a host that runs Debian 12",
    r"ansible-playbook playbooks/remove\.yml ": "would take a host out of the lab for good",
    r"ip -n peerlb-fabric route del |.* handle N$": "breaks the lab; see molecule/contract",
    r"ansible-playbook playbooks/rollback\.yml .*(release|service)=": "needs the reader's releases",
}


class Command(t.NamedTuple):
    """A command, and the page that shows it."""

    page: str
    text: str


def commands() -> list[Command]:
    """Return the commands of all pages: of the shell's blocks, and the playbooks in tables."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [
        Command(str(page.relative_to(ROOT)), text)
        for page in pages
        for text in in_page(page.read_text(encoding="utf-8"))
    ]


def in_page(page: str) -> list[str]:
    """Return the commands of a page. Lines that end with a backslash are one command."""
    found: list[str] = []
    for token in MARKDOWN.parse(page):
        if token.type == "fence" and token.info == "shell":
            found += [line for line in token.content.replace("\\\n", " ").splitlines() if line]
        for part in token.children or ():
            if part.type == "code_inline" and re.match(r"ansible-playbook \S", part.content):
                found.append(part.content)
    return [line.strip() for line in found]


def bare(text: str) -> str:
    """Return a command without the comment after it."""
    return re.sub(r"\s+#.*", "", text)


def chosen(patterns: t.Iterable[str], among: t.Iterable[Command]) -> list[Command]:
    """Return the commands of which one of the patterns matches the beginning."""
    return [each for each in among if any(re.match(one, bare(each.text)) for one in patterns)]

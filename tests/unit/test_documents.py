# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the Markdown documents say about the repository is true."""

from __future__ import annotations

import configparser
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from support import ROOT

MARKDOWN = MarkdownIt("commonmark").enable("table")
TOP = "benchmarks|changelogs|docs|inventories|lab|molecule|playbooks|plugins|roles|scripts|tests"
NOT_HERE = re.compile(r"inventories/mine\b|roles/\w+\.\w+$")  # the user's own; roles of the cloud
ARCHITECTURE = ROOT / "docs/architecture.md"


def documents() -> list[Path]:
    """Return the Markdown files that are in git, or would be with `git add --all`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted({path for name in listed.splitlines() if (path := ROOT / name).is_file()})


DOCUMENTS = documents()


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def read(document: Path) -> list[Token]:
    return MARKDOWN.parse(document.read_text())


def plain(inline: Token) -> str:
    """Return the text of a heading or a cell without its markup."""
    return "".join(part.content for part in inline.children or ())


def after(document: Path, kind: str) -> list[Token]:
    """Return the inline content of every heading, cell or paragraph of a document."""
    tokens = read(document)
    return [following for token, following in zip(tokens, tokens[1:]) if token.type == kind]


def code(inline: Token) -> list[str]:
    return [part.content for part in inline.children or () if part.type == "code_inline"]


def rows(document: Path) -> list[list[Token]]:
    """Return the rows of the tables of a document, each as its cells."""
    found: list[list[Token]] = []
    tokens = read(document)
    for token, following in zip(tokens, tokens[1:]):
        if token.type == "tr_open":
            found.append([])
        elif token.type == "td_open":
            found[-1].append(following)
    return [cells for cells in found if cells]


def blocks(document: Path) -> list[str]:
    return [token.content for token in read(document) if token.type == "fence"]


# The page about the architecture


@pytest.fixture(scope="module")
def contract() -> dict[str, dict[str, str]]:
    """The rules of .importlinter by name, in order."""
    parser = configparser.ConfigParser()
    parser.read_string((ROOT / ".importlinter").read_text())
    sections = [dict(parser[name]) for name in parser.sections() if ":" in name]
    return {section["name"]: section for section in sections}


def test_architecture_names_each_package_and_where_to_begin() -> None:
    table = [(code(first), code(last)) for first, *_, last in rows(ARCHITECTURE)]
    shown = {names[0]: files for names, files in table if names and "_utils/" in names[0]}
    sides = [ROOT / "plugins/module_utils", ROOT / "plugins/plugin_utils"]
    packages = {
        str(path.relative_to(ROOT / "plugins"))
        for side in sides
        for path in [*(each.parent for each in side.rglob("__init__.py")), *side.glob("*.py")]
        if path.name != "__init__.py" and path != side
    }
    assert set(shown) == packages
    missing = [
        f"{name}/{file}"
        for name, files in shown.items()
        for file in files
        if not (ROOT / "plugins" / name / file).is_file()
    ]
    assert missing == []
    assert [name for name, files in shown.items() if not files and not name.endswith(".py")] == []


def test_architecture_tells_each_import_rule(contract) -> None:
    text = ARCHITECTURE.read_text()
    assert len(contract) == 10
    rules = [name.partition(" ") for name in contract]
    assert [name for number, _, name in rules if f"\n{number}. **{name}.**" not in text] == []


def test_architecture_draws_the_layers_of_the_contract(contract) -> None:
    (picture,) = (block for block in blocks(ARCHITECTURE) if "_derive" in block)
    drawn = [
        packages for line in picture.splitlines() if (packages := re.findall(r" (_\w+)", line))
    ]
    layers = [
        re.findall(r"_\w+", line)
        for rule in reversed(
            contract.values()
        )  # the controller's rule comes last, and is drawn first
        if rule["type"] == "layers" and rule["containers"].endswith("_utils")
        for line in rule["layers"].strip().splitlines()
    ]
    assert [packages for packages in drawn if packages] == layers


def test_architecture_tells_what_site_imports_in_order() -> None:
    plays = yaml.safe_load((ROOT / "playbooks/site.yml").read_text())
    imported = [play["ansible.builtin.import_playbook"].removesuffix(".yml") for play in plays]
    told = [
        [line.split()[0] for line in block.splitlines() if line] for block in blocks(ARCHITECTURE)
    ]
    assert imported in told


# The other pages


def test_glossary_is_in_order_and_says_where_each_word_is_met() -> None:
    words = [plain(heading) for heading in after(ROOT / "docs/glossary.md", "heading_open")[1:]]
    _head, *entries = (ROOT / "docs/glossary.md").read_text().split("\n## ")
    assert words == sorted(words)
    assert len(set(words)) == len(words) > 40
    assert [
        entry.splitlines()[0] for entry in entries if "Met in" not in " ".join(entry.split())
    ] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_each_path_that_a_document_names_exists(document: Path) -> None:
    spans = [
        part.content
        for token in read(document)
        for part in token.children or ()
        if part.type == "code_inline"
    ]
    paths = [span for span in spans if re.fullmatch(rf"({TOP})(/[\w.*-]+)+/?", span)]
    missing = [path for path in paths if not NOT_HERE.match(path) and not any(ROOT.glob(path))]
    assert missing == []


def test_contributing_names_paths() -> None:
    """The test above would be content with none."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert len(set(re.findall(rf"`(?:{TOP})/[^`]+`", text))) > 40

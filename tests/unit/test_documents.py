# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the Markdown documents say about the repository is true."""

from __future__ import annotations

import configparser
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from ansible.parsing.splitter import parse_kv
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


def blocks(document: Path, kind: str = "") -> list[str]:
    """Return the code blocks of a document; of one kind, such as shell, if it is given."""
    found = [token for token in read(document) if token.type == "fence"]
    return [token.content for token in found if kind in ("", token.info)]


# The page about the architecture


@pytest.fixture(scope="module")
def contract() -> dict[str, dict[str, str]]:
    """The rules of .importlinter by name, in order."""
    parser = configparser.ConfigParser()
    parser.read_string((ROOT / ".importlinter").read_text())
    sections = [dict(parser[name]) for name in parser.sections() if ":" in name]
    return {section["name"]: section for section in sections}


def test_architecture_names_each_package_and_where_to_begin() -> None:
    table = [(code(first), code(last)) for first, *_between, last in rows(ARCHITECTURE)]
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
    assert len(contract) == 12
    rules = [name.partition(" ") for name in contract]
    assert [name for number, _space, name in rules if f"\n{number}. **{name}.**" not in text] == []


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
    spans = [span for token in read(document) for span in code(token)]
    words = " ".join([*spans, *blocks(document, "shell")]).split()
    paths = [word for word in words if re.fullmatch(rf"({TOP})(/[\w.*-]+)+/?", word)]
    missing = [path for path in paths if not NOT_HERE.match(path) and not any(ROOT.glob(path))]
    assert missing == []


def test_contributing_names_paths() -> None:
    """The test above would be content with none."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert len(set(re.findall(rf"`(?:{TOP})/[^`]+`", text))) > 40


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_code_blocks_are_typed(document: Path) -> None:
    """A block that is only indented has no type either."""
    tokens = [token for token in read(document) if token.type in ("fence", "code_block")]
    assert [token.content for token in tokens if not token.info] == []


# What is inside


@pytest.mark.parametrize(
    ("pattern", "full"),
    [
        ("plugins/modules/*.py", "{}"),
        ("plugins/lookup/*.py", "{}"),
        ("plugins/filter/*.yml", "{}"),
        ("plugins/filter/*.py", "{}"),
        ("roles/*/tasks", "roles/{}/README.md"),
        ("playbooks/*.yml", "{}"),
    ],
)
def test_everything_inside_is_named_for_users(pattern: str, full: str) -> None:
    """Names are those of files; for a role, of the folder above."""
    text = (ROOT / "README.md").read_text() + (ROOT / "docs/index.md").read_text()
    paths = [path.parent if path.is_dir() else path for path in ROOT.glob(pattern)]
    names = [path.stem for path in paths if not path.name.endswith(".meta.yml")]
    assert names
    assert [name for name in names if not re.search(rf"[`(]{full.format(name)}[`)]", text)] == []


# Links


def anchors(document: Path) -> set[str]:
    """Return the names that GitHub gives the headings of a document."""
    found: list[str] = []
    for heading in after(document, "heading_open"):
        slug = re.sub(r"[^\w\- ]", "", plain(heading).lower()).replace(" ", "-")
        found.append(f"{slug}-{found.count(slug)}" if slug in found else slug)
    return set(found)


def links(document: Path) -> list[str]:
    """Return where the links of a document lead, without those to other hosts."""
    parts = [part for token in read(document) for part in token.children or ()]
    found = [str(part.attrs["href"]) for part in parts if part.type == "link_open"]
    return [link for link in found if not link.startswith("https://")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_lead_to_a_page_and_a_heading(document: Path) -> None:
    """To a page, as only pages are on the site: a file of code is named, and not linked."""
    broken = []
    for link in links(document):
        path, _hash, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if target not in DOCUMENTS or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_a_broken_link_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Why (`x`)?\n\n[one](#why-x) [two](none.md)\n\n## Why x\n\n[out](https://a.b)\n"
    )
    assert anchors(page) == {"why-x", "why-x-1"}
    assert links(page) == ["#why-x", "none.md"]


# Commands


def commands(document: Path) -> list[list[str]]:
    """Return the calls of ansible-playbook in a document, as a shell takes them apart."""
    lines = [line for block in blocks(document, "shell") for line in block.splitlines()]
    lines += [span for token in read(document) for span in code(token)]
    return [
        shlex.split(line, comments=True)
        for line in lines
        if re.search(r"(^|/)ansible-playbook .*\.yml", line)
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_commands_mean_what_they_say(document: Path) -> None:
    """The playbook exists, and Ansible understands all of each variable."""
    for words in commands(document):
        playbooks = [word for word in words[1:] if word.endswith(".yml")]
        assert [name for name in playbooks if not (ROOT / name).is_file()] == []
        given = [value for flag, value in zip(words, words[1:]) if flag == "-e"]
        read_as = [parse_kv(value) for value in given if not value.startswith("{")]
        assert [value for value in read_as if "_raw_params" in value] == []


def test_commands_are_found() -> None:
    assert len(commands(ROOT / "docs/operate.md")) >= 8
    assert commands(ROOT / "docs/when-a-flow-fails.md")[0][-1] == "to=lb1:3306"


def test_make_lists_its_commands_as_contributing_does() -> None:
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    text = "".join(path.read_text() for path in DOCUMENTS)
    assert targets
    assert [name for name in targets if name != "help" and f"make {name}" not in text] == []
    told = set(re.findall(r"`make ([a-z]+)`", text))
    assert told <= set(targets)

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for the repository as a whole: completeness, budgets, and what must not be in it."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from support import ROOT

DOCUMENTS = {"DOCUMENTATION", "EXAMPLES", "RETURN"}
PLUGINS = sorted(path for path in (ROOT / "plugins").rglob("*.py") if path.name != "__init__.py")
PACKAGES = sorted((ROOT / "plugins").rglob("__init__.py"))
INPUTS = sorted((ROOT / "playbooks").glob("*.meta.yml"))
PLAYBOOKS = sorted(set((ROOT / "playbooks").glob("*.yml")) - set(INPUTS))
LONG = 200  # lines
ROLES = sorted(path for path in (ROOT / "roles").iterdir() if (path / "tasks").is_dir())


def tracked() -> list[Path]:
    """Return the files that are in git, or would be with `git add --all`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def load(path: Path) -> dict:
    return yaml.safe_load(path.read_text()) or {} if path.exists() else {}


# Completeness


def test_the_repository_is_there() -> None:
    """The tests below go over what they find: it must be something."""
    assert ROLES
    assert PLUGINS
    assert len(tracked()) > 50


@pytest.mark.parametrize("plugin", PLUGINS, ids=relative)
def test_plugin_has_its_unit_tests(plugin: Path) -> None:
    place = plugin.parent.relative_to(ROOT / "plugins")
    test = ROOT / "tests/unit/plugins" / place / f"test_{plugin.stem}.py"
    assert test.is_file()
    assert re.search(r"^def test_", test.read_text(), re.MULTILINE)


def test_tests_stand_where_what_they_test_stands() -> None:
    """A test of a file that was moved or removed must not stay behind."""
    root = ROOT / "tests/unit/plugins"
    stray = [
        relative(test)
        for test in root.rglob("test_*.py")
        if not (ROOT / "plugins" / test.relative_to(root)).with_name(test.name[5:]).is_file()
    ]
    assert stray == []


def test_no_test_imports_another() -> None:
    """Code that several tests need is in tests/support or a fixture."""
    assert matches(r"^\s*(from|import) (\S*\.)?test_\w+", of=("tests/", "molecule/")) == []


@pytest.mark.parametrize("package", PACKAGES, ids=relative)
def test_package_says_what_it_knows(package: Path) -> None:
    """__init__.py is a docstring only: what the package knows, and where to begin reading."""
    tree = ast.parse(package.read_text())
    sign = ast.get_docstring(tree)
    assert sign
    assert len(tree.body) == 1
    assert "It must not" in sign or "It alone" in sign or "It only" in sign
    begin = re.findall(r"`([\w/]+\.py)`", sign)
    assert begin
    assert [name for name in begin if not (package.parent / name).is_file()] == []


def test_nothing_lies_flat_in_module_utils() -> None:
    assert [path.name for path in (ROOT / "plugins/module_utils").glob("*.py")] == []


@pytest.mark.parametrize("role", ROLES, ids=relative)
def test_role_defaults_are_as_specified(role: Path) -> None:
    specs = load(role / "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    defaults = load(role / "defaults/main.yml")
    optional = [name for name, spec in specs.items() if not spec.get("required")]
    assert list(defaults) == optional
    for name in optional:
        if "default" in specs[name]:
            assert defaults[name] == specs[name]["default"], name


@pytest.mark.parametrize("role", ROLES, ids=relative)
def test_role_variables_bear_its_name(role: Path) -> None:
    specs = load(role / "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    assert specs
    assert [name for name in specs if not name.startswith(f"{role.name}_")] == []


@pytest.mark.parametrize("file", ["requirements.txt", "roles/webapp/files/app/requirements.txt"])
def test_requirements_are_pinned_with_hashes(file: str) -> None:
    """Each entry of a lock file is a name, a version and the hashes of its files."""
    lock = re.sub(r"^#.*\n", "", (ROOT / file).read_text(), flags=re.MULTILINE)
    entry = r"[\w.-]+==[\w.]+( ; [^\\\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n"
    assert re.fullmatch(f"({entry})+", lock)


def test_application_is_tested_with_the_libraries_it_is_deployed_with() -> None:
    def pins(path: str) -> set[str]:
        text = (ROOT / path).read_text().lower().replace("_", "-")
        return set(re.findall(r"^[\w.-]+==[\w.]+", text, re.MULTILINE))

    application = pins("roles/webapp/files/app/requirements.txt")
    assert application
    assert application <= pins("requirements.txt")


def test_oldest_ansible_core_is_the_same_everywhere() -> None:
    floor = load(ROOT / "meta/runtime.yml")["requires_ansible"]
    oldest = re.fullmatch(r">=(\d+\.\d+)\.0", floor)[1]
    assert {
        load(role / "meta/main.yml")["galaxy_info"]["min_ansible_version"] for role in ROLES
    } == {oldest}
    told = re.findall(
        r"ansible-core (\d+\.\d+) or newer",
        (ROOT / "README.md").read_text() + (ROOT / "docs/your-own-vms.md").read_text(),
    )
    assert told == [oldest, oldest]


# Budgets


def code_lines(path: Path) -> set[int]:
    """Return the numbers of the lines of code: no comments, docstrings or Ansible documents."""
    source = path.read_text()
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in silent and token.type != tokenize.ENDMARKER:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if is_prose(node):
            lines.difference_update(range(node.lineno, node.end_lineno + 1))
    return lines


def is_prose(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id in DOCUMENTS
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each function's name and its number of lines of code."""
    code = code_lines(path)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, len(code & set(range(node.lineno, node.end_lineno + 1)))


def test_long_files_are_pointed_out() -> None:
    """A warning: a long file may hold two subjects. A number alone is no reason to divide it."""
    for plugin in PLUGINS:
        lines = len(plugin.read_text().splitlines())
        if lines > LONG and plugin.parent.name != "modules":  # those are mostly documentation
            warnings.warn(f"{relative(plugin)} has {lines} lines", stacklevel=1)


@pytest.mark.parametrize("folder", ["modules", "filter", "doc_fragments"])
def test_wiring_is_thin(folder: str) -> None:
    lengths = {
        relative(path): len(code_lines(path)) for path in PLUGINS if path.parent.name == folder
    }
    assert lengths
    assert {name: length for name, length in lengths.items() if length > 80} == {}


@pytest.mark.parametrize("folder", ["benchmarks", "lab", "plugins", "scripts"])
def test_functions_are_short(folder: str) -> None:
    measured = {
        f"{relative(path)}:{name}": length
        for path in tracked()
        if path.suffix == ".py" and relative(path).startswith(f"{folder}/")
        for name, length in functions(path)
    }
    assert measured
    assert {name: length for name, length in measured.items() if length > 25} == {}


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120


def test_long_task_files_and_templates_are_pointed_out() -> None:
    """A warning, as for Python: a number alone is no reason to divide a file."""
    budgets = {
        "roles/*/tasks/**/*.yml": 60,
        "roles/*/templates/**/*": 80,
        "playbooks/**/*.yml": 100,
    }
    for pattern, budget in budgets.items():
        files = [path for path in ROOT.glob(pattern) if path.is_file()]
        assert files
        for path in files:
            lines = len(path.read_text().splitlines())
            if lines > budget:
                warnings.warn(f"{relative(path)} has {lines} lines", stacklevel=1)


# Exceptions from the rules


def matches(pattern: str, of: tuple[str, ...] = ("",)) -> list[str]:
    """Return where pattern stands in a tracked text file, of those whose path begins so."""
    wanted = re.compile(pattern.encode())
    return [
        f"{relative(path)}:{number}: {line.decode(errors='replace').strip()}"
        for path in tracked()
        if relative(path).startswith(of) and b"\0" not in (content := path.read_bytes())
        for number, line in enumerate(content.splitlines(), start=1)
        if wanted.search(line)
    ]


def test_linters_are_rarely_told_to_look_away() -> None:
    # Written so that this line is no match itself.
    assert len(matches("#.*(noq[a]|type: ignor[e]|(yamllint|hadolint|shellcheck) disabl[e])")) <= 3
    assert not set(load(ROOT / ".ansible-lint")) & {"skip_list", "warn_list"}
    assert not (ROOT / ".ansible-lint-ignore").exists()


def test_sanity_ignores_nothing() -> None:
    assert list((ROOT / "tests/sanity").glob("ignore*")) == []


# Words that must not be here


def registry_hosts() -> set[str]:
    """Return the package registries of this machine: Debian's mirrors and pip's indexes."""
    apt = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    debian = "\n".join(path.read_text() for path in apt if path.is_file())
    pip = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    ).stdout
    hosts = re.findall(r"https?://([^/\s]+)/debian", debian)
    hosts += re.findall(r"https?://(?:[^/\s@]+@)?([^/\s']+)", pip)
    from pip._internal.models.index import PyPI

    return {*hosts, PyPI.netloc, PyPI.file_storage_domain}


def test_no_registry_is_named() -> None:
    """Registries come from the configuration of the machine that runs this."""
    assert matches("|".join(re.escape(host) for host in registry_hosts())) == []


def test_no_path_of_a_developer_is_named() -> None:
    assert matches(r"(?<![\w.~-])/(work|Users)/\w") == []


def test_playbooks_can_be_called_by_their_full_name() -> None:
    names = [path.name.removesuffix(".yml") for path in PLAYBOOKS]
    assert names
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []


def test_playbooks_refuse_groups_without_hosts() -> None:
    """Ansible accepts an empty inventory, which is what a cloud returns for a misspelt project."""
    parts = {"require", "images", "one_by_one", "own_ca", "explain_hops"}  # of other playbooks
    for path in PLAYBOOKS:
        first = yaml.safe_load(path.read_text())[0].get("ansible.builtin.import_playbook", "")
        if path.stem not in parts:
            assert first in ("require.yml", "derive.yml", "check.yml", "override.yml"), path.stem


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=relative)
def test_playbooks_hold_no_programs_in_jinja(playbook: Path) -> None:
    """What a playbook decides is Python that is tested; Jinja only hands values over."""
    expressions = re.findall(r"{[{%].*?[}%]}", playbook.read_text(), re.DOTALL)
    assert sum(len(" ".join(text.split())) for text in expressions) <= 800


def test_inputs_of_playbooks_are_specified() -> None:
    """A playbook that names __inputs has a file of that name, and each file has its playbook."""
    named = {
        play["vars"]["__inputs"]
        for path in PLAYBOOKS
        for play in yaml.safe_load(path.read_text())
        if "__inputs" in play.get("vars", {})
    }
    assert named
    specified = {path.name.removesuffix(".meta.yml"): load(path) for path in INPUTS}
    assert named == set(specified)
    for name, found in specified.items():
        assert (ROOT / "playbooks" / f"{name}.yml").is_file()
        assert list(found["argument_specs"]) == [name]
        for option in found["argument_specs"][name]["options"].values():
            assert option["type"]
            assert option["description"]

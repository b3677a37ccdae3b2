# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import filter_loader, init_plugin_loader, lookup_loader
from ansible.template import Templar, trust_as_template
from ansible_collections.peerlb.stack.plugins.filter import acme, edge, pool_unit
from ansible_collections.peerlb.stack.plugins.lookup import build_context, operator, pool_agent
from support import ROOT

ROLES = ROOT / "roles"
OWN_LOOKUPS = {
    "peerlb.stack.build_context": build_context,
    "peerlb.stack.operator": operator,
    "peerlb.stack.pool_agent": pool_agent,
}

OWN_FILTERS = {
    "peerlb.stack.acme_problems": acme.acme_problems,
    "peerlb.stack.acme_settings": acme.acme_settings,
    "peerlb.stack.edge_files": edge.edge_files,
    "peerlb.stack.edge_problems": edge.edge_problems,
    "peerlb.stack.pool_unit_problems": pool_unit.pool_unit_problems,
}


@pytest.fixture(scope="session", autouse=True)
def plugin_loader() -> t.Iterator[None]:
    """Let templates find lookup and filter plugins, those of the collection too.

    Ansible does not find these itself where a test has imported the collection before.
    """
    init_plugin_loader()
    find, find_filter = lookup_loader.get, filter_loader.get

    def get(name: str, *args: t.Any, **options: t.Any) -> t.Any:
        own = OWN_LOOKUPS.get(name)
        return own.LookupModule() if own else find(name, *args, **options)

    def get_filter(name: str, *args: t.Any, **options: t.Any) -> t.Any:
        own = OWN_FILTERS.get(name)
        wrapped = filter_loader._wrap_func(name, name, own) if own else None
        return wrapped or find_filter(name, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookup_loader, "get", get)
        patch.setattr(filter_loader, "get", get_filter)
        yield


class Role:
    """A role, of which Ansible evaluates single expressions and templates without a run."""

    def __init__(self, name: str) -> None:
        self.path = ROLES / name
        self.loader = DataLoader()

    def load(self, name: str) -> t.Any:
        """Return the content of one of the role's YAML files, such as "defaults/main.yml"."""
        return self.loader.load_from_file(str(self.path / name), trusted_as_template=True)

    def get(self, expression: str, **variables: t.Any) -> t.Any:
        """Return the value of an expression. *variables* win over the role's own."""
        return self._templar(variables).evaluate_expression(trust_as_template(expression))

    def render(self, template: str, **variables: t.Any) -> str:
        """Return the text that a file of the role's templates/ becomes."""
        source = trust_as_template(f"{{{{ lookup('ansible.builtin.template', '{template}') }}}}")
        return self._templar(variables).template(source)

    def _templar(self, variables: dict) -> Templar:
        own = {**self.load("defaults/main.yml"), **self.load("vars/main.yml")}
        host = {"inventory_hostname": "db1", "ansible_check_mode": False}
        paths = {"ansible_search_path": [str(self.path)], "role_path": str(self.path)}
        return Templar(self.loader, variables={**own, **host, **paths, **variables})


@pytest.fixture
def role_name(request) -> str:
    """Return the name of the role that the test file is named after."""
    return pathlib.Path(request.path).stem.removeprefix("test_")


@pytest.fixture
def role(role_name) -> Role:
    return Role(role_name)


@pytest.fixture
def spec(role) -> dict:
    """Return the options of the role's argument specification."""
    text = (role.path / "meta" / "argument_specs.yml").read_text()
    return yaml.safe_load(text)["argument_specs"]["main"]["options"]


@pytest.fixture
def run_tasks(tmp_path) -> t.Callable[..., str]:
    """Return a function that runs files of a role's tasks, such as "main discard", on this machine.

    The function returns the output of ansible-playbook on one line.
    """

    def run(role: str, tasks: str, *options: str, **variables: t.Any) -> str:
        includes = [
            {"ansible.builtin.include_role": {"name": role, "tasks_from": file}}
            for file in tasks.split()
        ]
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False}
        playbook = tmp_path / "play.yml"
        playbook.write_text(json.dumps([{**play, "tasks": includes}]))
        program = pathlib.Path(sys.executable).parent / "ansible-playbook"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        done = subprocess.run(
            (program, "-i", "localhost,", "-e", json.dumps(variables), *options, playbook),
            cwd=tmp_path,
            env={**kept, "ANSIBLE_PYTHON_INTERPRETER": sys.executable, "ANSIBLE_NOCOLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 2), done.stdout + done.stderr
        return " ".join(done.stdout.split())

    return run

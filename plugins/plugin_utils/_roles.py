# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the argument specs of the collection's roles. It reads files, and knows nothing else."""

from __future__ import annotations

import functools
import typing as t
from pathlib import Path

import yaml

ROLES = Path(__file__).parents[2] / "roles"


@functools.cache
def role_options(role: str) -> t.Mapping[str, t.Mapping[str, t.Any]]:
    """Return the options of a role by name, each as its argument spec has it."""
    document = yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text("utf-8"))
    return document["argument_specs"]["main"]["options"]

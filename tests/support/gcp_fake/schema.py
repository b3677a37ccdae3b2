# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check requests and answers against the published description of the API."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass
from functools import cache

from jsonschema import Draft202012Validator

from support import ROOT

PUBLISHED = json.loads((ROOT / "tests/support/gcp_schema/compute.v1.json").read_text())
WORDS = {"boolean": "(?i:true|false)", "integer": r"-?\d+", "string": ".*"}


class Unpublished(Exception):
    """A request, parameter or field that the published API does not have."""


@dataclass(frozen=True)
class Call:
    """A request as a method of the API, such as "networks.list"."""

    method: str
    place: dict[str, str]
    query: dict[str, str]


def strict(schema: t.Any) -> t.Any:
    """Return a schema of the API's description as a JSON Schema that forbids other properties."""
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": f"#/schemas/{schema['$ref']}"}
    found: dict[str, t.Any] = {} if schema["type"] == "any" else {"type": schema["type"]}
    if "properties" in schema:
        found["properties"] = {name: strict(each) for name, each in schema["properties"].items()}
        found["additionalProperties"] = False
        kind = schema["properties"].get("kind", {}).get("default")
        if kind:
            found["properties"]["kind"] = {"const": kind}
    for key in ("items", "additionalProperties"):
        if key in schema:
            found[key] = strict(schema[key])
    if "enum" in schema:
        found["enum"] = schema["enum"]
    if schema.get("type") == "string" and "pattern" in schema:
        found["pattern"] = f"^(?:{schema['pattern']})$"
    return found


SCHEMAS = {name: strict(schema) for name, schema in PUBLISHED["schemas"].items()}


@cache
def validator(name: str) -> Draft202012Validator:
    """Return the validator for a kind of object of the API."""
    return Draft202012Validator({"schemas": SCHEMAS, "$ref": f"#/schemas/{name}"})


def faults(method: str, answer: t.Any) -> list[str]:
    """Return where and how the answer of a method differs from the description."""
    found = validator(PUBLISHED["methods"][method]["response"]).iter_errors(answer)
    return [f"{method}: {each.json_path}: {each.message}" for each in found]


def recognize(verb: str, path: str, query: dict[str, str]) -> Call:
    """Return the call that a request means; raise Unpublished if there is no such method."""
    for name, method in PUBLISHED["methods"].items():
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", method["path"])
        match = re.fullmatch(pattern, path)
        if match and verb == method["httpMethod"]:
            check_parameters(method, {**query, **match.groupdict()})
            return Call(name, match.groupdict(), query)
    raise Unpublished(f"there is no {verb} {path}")


def check_parameters(method: dict[str, t.Any], given: dict[str, str]) -> None:
    """Raise Unpublished if a parameter is unknown, invalid or missing."""
    known = {**PUBLISHED["parameters"], **method["parameters"]}
    for name, value in given.items():
        if name not in known:
            raise Unpublished(f"Invalid query parameter: {name}")
        pattern = known[name].get("pattern") or WORDS[known[name]["type"]]
        if not re.fullmatch(pattern, value):
            raise Unpublished(f"Invalid value for field '{name}': '{value}'")
    lacking = [name for name, each in known.items() if each.get("required") and name not in given]
    if lacking:
        raise Unpublished(f"Required field '{lacking[0]}' not specified")


def parse_mask(mask: str) -> dict[str, t.Any]:
    """Return a fields mask as a tree: {"items": {"name": {}}} for "items(name)"."""
    tree: dict[str, t.Any] = {}
    stack, branch = [tree], tree
    for token in re.findall(r"[^,/()]+|[,()]", mask):
        if token == "(":
            stack.append(branch)
        elif token in "),":
            stack = stack[:-1] if token == ")" else stack
            branch = stack[-1]
        else:
            branch = branch.setdefault(token, {})
    return tree


def masked(schema_name: str, tree: dict[str, t.Any], value: t.Any) -> t.Any:
    """Return the fields of an answer that a mask names.

    Raises Unpublished if the schema lacks a field.
    """
    return _masked({"$ref": schema_name}, tree, value)


def _masked(schema: dict[str, t.Any], tree: dict[str, t.Any], value: t.Any) -> t.Any:
    schema = PUBLISHED["schemas"][schema["$ref"]] if "$ref" in schema else schema
    if not tree:
        return value
    if schema.get("type") == "array":
        # For an empty list, an empty object is checked, so that a wrong mask never passes.
        parts = [_masked(schema["items"], tree, each) for each in value or [{}]]
        return parts if value else []
    found = {}
    for name, branch in tree.items():
        inner = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
        if inner is None:
            raise Unpublished(f"Invalid field selection {name}")
        for key in value or {} if name == "*" else [name]:
            part = _masked(inner, branch, (value or {}).get(key, {}))
            if key in (value or {}):
                found[key] = {**found[key], **part} if key in found else part
    return found

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Extract the part of Google's description of the Compute API that the tests use.

    scripts/gcp_schema.py        download the description
    scripts/gcp_schema.py FILE   read the description (a discovery document) from a file

Both write tests/support/gcp_schema/compute.v1.json, without the prose. Each line of it holds one
method or one schema, so that diffs are readable. Google publishes the description inside the
package google-api-python-client.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import typing as t
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "tests/support/gcp_schema/compute.v1.json"
PACKAGE = "google-api-python-client==2.202.0"
DOCUMENT = "googleapiclient/discovery_cache/documents/compute.v1.json"

METHODS = [
    "firewalls.list",
    "instances.aggregatedList",
    "networks.list",
    "projects.get",
    "regionNetworkFirewallPolicies.getEffectiveFirewalls",
    "routers.aggregatedList",
    "routes.list",
    "subnetworks.aggregatedList",
]
# The document describes a dated version of the API, in which aggregated lists are always partial.
# Requests that name no version, such as those of gcloud, still have this parameter.
UNDATED = {"returnPartialSuccess": {"location": "query", "type": "boolean"}}
PROSE = {"description", "enumDescriptions", "enumDeprecated", "annotations", "readOnly"}

Schema = dict[str, t.Any]


def published() -> Schema:
    """Return the discovery document of the Compute API, downloaded with pip."""
    with tempfile.TemporaryDirectory() as folder:
        download = ["pip", "download", "-q", "--no-deps", "--dest", folder, PACKAGE]
        subprocess.run([sys.executable, "-m", *download], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return json.loads(archive.read(DOCUMENT))


def bare(schema: Schema) -> Schema:
    """Return a schema or a parameter without its prose."""
    kept = {key: value for key, value in schema.items() if key not in PROSE or key == "$ref"}
    for key in ("items", "additionalProperties"):
        if key in kept:
            kept[key] = bare(kept[key])
    if "properties" in kept:
        kept["properties"] = {name: bare(each) for name, each in kept["properties"].items()}
    return kept


def references(schema: t.Any) -> set[str]:
    """Return the names of the schemas that a schema refers to."""
    if isinstance(schema, dict):
        own = {schema["$ref"]} if isinstance(schema.get("$ref"), str) else set()
        return own.union(*map(references, schema.values()))
    return set()


def method(document: Schema, name: str) -> Schema:
    """Return what the tests need of a method, such as "networks.list"."""
    resource, verb = name.split(".")
    found = document["resources"][resource]["methods"][verb]
    parameters = {**found["parameters"], **(UNDATED if verb == "aggregatedList" else {})}
    return {
        **{key: found[key] for key in ("httpMethod", "path", "scopes")},
        "response": found["response"]["$ref"],
        "parameters": {key: bare(each) for key, each in parameters.items()},
    }


def extract(document: Schema) -> dict[str, dict[str, Schema]]:
    """Return the methods, the common parameters, and all schemas that the answers refer to."""
    methods = {name: method(document, name) for name in METHODS}
    wanted = {each["response"] for each in methods.values()}
    schemas: dict[str, Schema] = {}
    while wanted - set(schemas):
        for name in wanted - set(schemas):
            schemas[name] = bare(document["schemas"][name])
        wanted |= references(schemas)
    common = {name: bare(each) for name, each in document["parameters"].items()}
    return {"methods": methods, "parameters": common, "schemas": schemas}


def as_text(document: Schema) -> str:
    """Return the extract as JSON with one entry a line."""
    parts = [f'"revision": {json.dumps(document["revision"])}']
    for title, entries in extract(document).items():
        lines = [f"{json.dumps(name)}: {json.dumps(entries[name])}" for name in sorted(entries)]
        parts.append(f'"{title}": {{\n' + ",\n".join(lines) + "\n}")
    return "{" + ",\n".join(parts) + "}\n"


def main(arguments: list[str]) -> None:
    """Write the extract."""
    document = json.loads(Path(arguments[0]).read_text()) if arguments else published()
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(as_text(document))
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main(sys.argv[1:])

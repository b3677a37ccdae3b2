# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake's Compute Engine API: lists, pages, filters, fields, effective firewalls, errors."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from .example import Cloud
from .schema import PUBLISHED, Call, Unpublished, faults, masked, parse_mask, recognize

Answer = tuple[int, dict[str, t.Any]]
REASONS = {400: "invalid", 401: "authError", 403: "forbidden", 404: "notFound"}


def error(status: int, message: str, reason: str = "") -> Answer:
    """Return an error as the API words it."""
    reason = reason or REASONS.get(status, "backendError")
    inner = {"message": message, "domain": "global", "reason": reason}
    return status, {"error": {"code": status, "message": message, "errors": [inner]}}


def warning(code: str, message: str, scope: str) -> dict[str, t.Any]:
    """Return a warning as the API words it."""
    return {"code": code, "message": message, "data": [{"key": "scope", "value": scope}]}


@dataclass
class Api:
    """The API of one project. Its answers are checked against the published description."""

    cloud: Cloud
    page_limit: int = 500
    unreachable: set[str] = field(default_factory=set)  # zones and regions, such as "zones/x"
    forbidden: set[str] = field(default_factory=set)  # methods, such as "networks.list"
    violations: list[str] = field(default_factory=list)  # where answers are not as published
    checked: bool = True  # benchmarks turn the check of answers off

    def answer(self, verb: str, path: str, query: dict[str, str]) -> Answer:
        """Return the status and the document that answer a request."""
        try:
            call = recognize(verb, path, query)
            if call.place["project"] != self.cloud.project:
                return self._no_project(call)
            if call.method in self.forbidden:
                name = call.method.replace("aggregatedList", "list")
                what = f"projects/{self.cloud.project}"
                return error(403, f"Required 'compute.{name}' permission for '{what}'")
            return self._checked(call, self._found(call))
        except Unpublished as exc:
            return error(400, str(exc))
        except ConnectionError as exc:
            return error(503, str(exc))

    def _no_project(self, call: Call) -> Answer:
        resource = f"projects/{call.place['project']}"
        return error(404, f"The resource '{resource}' was not found")

    def _checked(self, call: Call, answer: dict[str, t.Any]) -> Answer:
        if self.checked:
            self.violations += faults(call.method, answer)
        if "fields" in call.query:
            response = PUBLISHED["methods"][call.method]["response"]
            answer = masked(response, parse_mask(call.query["fields"]), answer)
        return 200, answer

    def _found(self, call: Call) -> dict[str, t.Any]:
        resource, verb = call.method.split(".")
        if verb == "get":
            return {"kind": "compute#project", "name": self.cloud.project}
        if verb == "getEffectiveFirewalls":
            return self._effective(call)
        return self._aggregated(call, resource) if verb == "aggregatedList" else self._list(call)

    def _effective(self, call: Call) -> dict[str, t.Any]:
        link = call.query["network"]
        names = {each["name"]: each["selfLink"] for each in self.cloud.objects["networks"]}
        name = link.rsplit("/", 1)[-1]
        if not link.endswith(f"projects/{self.cloud.project}/global/networks/{name}"):
            raise Unpublished(f"Invalid value for field 'network': '{link}'")
        if name not in names:
            raise Unpublished(f"The resource '{link}' was not found")
        rules = self.cloud.objects["firewalls"]
        found = {
            "firewalls": [each for each in rules if each["network"] == names[name]],
            "firewallPolicys": self.cloud.policies.get(name, []),
        }
        return {key: value for key, value in found.items() if value}

    def _page(self, call: Call, objects: list[t.Any]) -> tuple[list[t.Any], dict[str, str]]:
        limit = min(int(call.query.get("maxResults", 500)), self.page_limit)
        start = int(call.query.get("pageToken", "page-0").split("-")[1])
        more = {"nextPageToken": f"page-{start + limit}"} if start + limit < len(objects) else {}
        return objects[start : start + limit], more

    def _list(self, call: Call) -> dict[str, t.Any]:
        resource = call.method.split(".")[0]
        chosen = [each for each in self.cloud.objects.get(resource, []) if matches(call, each)]
        items, more = self._page(call, chosen)
        answer = self._head(call, f"{resource[:-1]}List", f"global/{resource}")
        return {**answer, **({"items": items} if items else {}), **more}

    def _head(self, call: Call, kind: str, place: str) -> dict[str, t.Any]:
        where = f"projects/{self.cloud.project}/{place}"
        return {"kind": f"compute#{kind}", "id": where, "selfLink": self.cloud.link(place)}

    def _aggregated(self, call: Call, resource: str) -> dict[str, t.Any]:
        if self.unreachable and call.query.get("returnPartialSuccess", "").lower() != "true":
            raise ConnectionError(f"A given scope cannot be reached: {sorted(self.unreachable)}")
        kinds = "zones" if resource == "instances" else "regions"
        lost = sorted(scope for scope in self.unreachable if scope.startswith(kinds))
        flat = [
            (scope, each)
            for scope, objects in sorted(self.cloud.scopes(resource).items())
            for each in objects
            if scope not in lost and matches(call, each)
        ]
        items, more = self._page(call, flat)
        empty = warning("NO_RESULTS_ON_PAGE", "There are no results on this page.", "zones/x")
        scopes: dict[str, t.Any] = {f"{kinds}/europe-north2-a": {"warning": empty}}
        for scope, each in items:
            scopes.setdefault(scope, {}).setdefault(resource, []).append(each)
        for scope in lost:
            scopes[scope] = {"warning": warning("UNREACHABLE", f"{scope} is down.", scope)}
        answer = self._head(call, f"{resource[:-1]}AggregatedList", f"aggregated/{resource}")
        links = [f"projects/{self.cloud.project}/{scope}" for scope in lost]
        return {**answer, "items": scopes, **({"unreachables": links} if links else {}), **more}


def matches(call: Call, each: dict[str, t.Any]) -> bool:
    """Tell whether an object passes the request's filter, such as "(status = RUNNING)"."""
    for part in re.findall(r"[^()]+", call.query.get("filter", "")):
        if not part.strip():
            continue
        found = re.fullmatch(r'\s*([\w.]+)\s*(!=|=|:)\s*"?([^"]*?)"?\s*', part)
        if not found:
            raise Unpublished(f"Invalid value for field 'filter': '{call.query['filter']}'.")
        value: t.Any = each
        for name in found[1].split("."):
            value = value.get(name, "") if isinstance(value, dict) else ""
        equal = bool(value) if found[3] == "*" else str(value) == found[3]
        if equal == (found[2] == "!="):
            return False
    return True

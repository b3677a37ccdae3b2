# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that explain requests of HTTP, or test them. The file NAME.yml documents each."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ..plugin_utils._edge.edge import read_edge
from ..plugin_utils._lists import read_lists
from ..plugin_utils._request.declared import FILES, declared_balancer
from ..plugin_utils._request.explain import explain_request
from ..plugin_utils._request.question import Question, RequestError
from ..plugin_utils._url_map.stored import standin_tests


def request_explanation(
    url: t.Any,
    info: t.Mapping[str, t.Any],
    host: str,
    method: t.Any = "",
    headers: t.Any = "",
    client: t.Any = "",
    declared: t.Mapping[str, t.Any] | None = None,
) -> list[str]:
    """Return the lines that tell what a load balancer would do with a request."""
    try:
        question = Question.parse(url, method, headers, client)
        known = declared or {}
        directory = str(known.get("inventory_dir") or ".")
        lists = read_lists(known.get("peerlb_gatekeeper"), directory)
        balancer = declared_balancer(host, info, {**known, FILES: lists})
        return explain_request(question, [balancer])
    except ValueError as exc:
        raise AnsibleFilterError(str(exc)) from exc


def request_problems(
    url: t.Any, others: t.Iterable[str], method: t.Any = "", headers: t.Any = "", client: t.Any = ""
) -> list[str]:
    """Return what is wrong with a request, and with inputs of another kind beside it."""
    mixed = ", ".join(others)
    problems = [f"url is given together with {mixed}: explain one of them"] if mixed else []
    try:
        Question.parse(url, method, headers, client)
    except RequestError as exc:
        problems += str(exc).splitlines()
    return problems


def stored_tests(settings: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the tests of the URL map as nginx_release takes them; [] without a map."""
    try:
        url_map = read_edge({**settings, "gatekeeper": None}).url_map
    except ValueError as exc:
        raise AnsibleFilterError(str(exc)) from exc
    return standin_tests(url_map) if url_map else []


class FilterModule:
    """The filters of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filters by name."""
        return {
            "request_explanation": request_explanation,
            "request_problems": request_problems,
            "stored_tests": stored_tests,
        }

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the members that answered a number of requests with what their pool's method does."""

from __future__ import annotations

import re
import typing as t
from math import comb

from ....module_utils._traffic.http_sample import UNNAMED
from ....module_utils._values.entries import listing

# With these methods the shares are exact for a client that sends its requests one after the other
# and without cookies, while nobody else sends any.
EXACT = ("round_robin", "least_conn", "sticky")
# What is the same in all requests of a sample, which one client sends for one path.
CONSTANT = re.compile(
    r"(binary_)?remote_addr|realip_remote_addr|(request_)?uri|document_uri|args|query_string|scheme"
    r"|(http_)?host|server_(addr|name|port)|request_method|is_args|(arg|cookie|http)_\w+"
)
RARE = 1e-6  # by chance a sample may differ from the weights so much, and counts as wrong then
SERVER_ERROR = 500  # the first status by which a server says that it is at fault
MISSED = 5  # if a member is due so many answers, other clients do not take all of them

Pool = t.Mapping[str, t.Any]  # as nginx_release_info returns it
Sample = t.Mapping[str, t.Any]  # as http_sample returns it


def expected_shares(pool: Pool, requests: int, names: t.Mapping[str, str]) -> dict[str, float]:
    """Return the number of requests that each member should answer: {"web1": 30.0, "web2": 10.0}.

    Backups serve if no other member does. names has the name that a member gives itself in its
    answers, if it is not the member's own. Members with the same name are counted together.
    """
    serving = [m for m in pool["members"] if m["state"] == "up" and m["weight"] > 0]
    serving = [member for member in serving if not member["backup"]] or serving
    total = sum(member["weight"] for member in serving)
    due: dict[str, float] = {}
    for member in serving:
        name = names.get(member["name"]) or member["name"]
        due[name] = due.get(name, 0) + requests * member["weight"] / total
    return due


def sample_problems(
    sample: Sample,
    pool: Pool,
    requests: int,
    tolerance: int,
    names: t.Mapping[str, str] | None = None,
    own_application: bool = False,
) -> list[str]:
    """Return how the answers differ from what is due: ["web2 answered 1 of 40, due 20"].

    With ip_hash, and with hash unless its key differs from request to request, one member has to
    give all answers. With random the counts have to be likely; tolerance matters there for equal
    weights alone.

    own_application: whether the application is the user's own. It may answer as it likes, but for
    errors of a server, and it need not name the members in its answers.

    tolerance is the number of answers by which a member may differ, because requests of other
    clients fall among these. Other clients cannot explain a member that is due some answers and
    gives none, or is due none and gives some: both are problems whatever is tolerated.
    """
    problems = _answer_problems(sample, requests, own_application)
    if _why_nameless(sample, pool, names or {}, own_application):
        return problems
    due, served = expected_shares(pool, requests, names or {}), sample["served_by"]
    for name in sorted({*due, *served}):
        share, count = due.get(name, 0), served.get(name, 0)
        if not _possible(pool, share, count, requests, tolerance):
            problems.append(f"{name} answered {count} of {requests}, due {share:g}")
    if _one_member(pool) and len(served) > 1:
        problems.append(
            f"{listing(sorted(served))} answered one client, and {_method(pool)} leads it to one"
        )
    return problems


def _possible(pool: Pool, share: float, count: int, requests: int, tolerance: int) -> bool:
    """Tell whether a member that is due this share may have given so many answers."""
    if _method(pool) in EXACT:
        return _plausible(share, count, tolerance)
    if not share or _method(pool) != "random":
        return not count or share > 0
    # With equal weights nginx looks at the connections as well, and other clients have some.
    weights = {member["weight"] for member in pool["members"] if member["state"] == "up"}
    slack = tolerance if len(weights) == 1 else 0
    nearest = count + max(-slack, min(slack, round(share) - count))
    return _by_chance(share / requests, nearest, requests) and (count > 0 or share < MISSED)


def _by_chance(chance: float, count: int, requests: int) -> bool:
    """Tell whether so many of the requests are not too RARE, if each has this chance by itself.

    nginx draws anew for each request, so the counts follow the binomial law.
    """
    law = [
        comb(requests, each) * chance**each * (1 - chance) ** (requests - each)
        for each in range(requests + 1)
    ]
    return min(sum(law[: count + 1]), sum(law[count:])) >= RARE


def _one_member(pool: Pool) -> bool:
    """Tell whether the method leads all requests of a sample to one member."""
    if _method(pool) != "hash":
        return _method(pool) == "ip_hash"
    key = pool.get("hash_key", "")
    return bool(key) and all(CONSTANT.fullmatch(name) for name in re.findall(r"\$(\w+)", key))


def _answer_problems(sample: Sample, requests: int, own_application: bool) -> list[str]:
    """Return a problem if requests got no answer, and one if answers have a wrong status."""
    problems, statuses = [], sample["statuses"]
    if sample["failed_requests"]:
        problems.append(
            f"{sample['failed_requests']} of {requests} requests got no answer:"
            f" {sample['errors'][0]}"
        )
    if not own_application and set(statuses) - {"200"}:
        problems.append(f"answers by status {statuses}, expected 200 only")
    if own_application and any(int(status) >= SERVER_ERROR for status in statuses):
        problems.append(f"answers by status {statuses}, expected none from {SERVER_ERROR} on")
    return problems


def _plausible(share: float, count: int, tolerance: int) -> bool:
    """Tell whether a member that is due this share may have given so many answers."""
    if not share or (share >= MISSED and not count):
        return not share and not count
    # A share that is no whole number may be rounded up or down.
    return abs(count - share) <= tolerance + (share % 1 > 0)


def sample_notes(
    sample: Sample,
    pool: Pool,
    names: t.Mapping[str, str] | None = None,
    own_application: bool = False,
) -> list[str]:
    """Return a sentence if the members' shares cannot be judged, with the reason; else []."""
    why = _why_nameless(sample, pool, names or {}, own_application)
    if not why and _method(pool) == "hash" and not _one_member(pool):
        why = f"the method hash of {pool.get('hash_key')} gives no exact ones"
    return [f"not judged: the shares of the members, as {why}"] if why else []


def _method(pool: Pool) -> str:
    return pool.get("method", "round_robin")


def _why_nameless(
    sample: Sample, pool: Pool, names: t.Mapping[str, str], own_application: bool
) -> str:
    """Return why the answers do not tell which members gave them; "" if they do."""
    served_by = set(sample["served_by"])
    if served_by == {UNNAMED}:
        return "no answer says in X-Served-By whose it is"
    members = {names.get(member["name"]) or member["name"] for member in pool["members"]}
    if own_application and not served_by <= members:
        return "the application says in X-Served-By something else than the names of the members"
    return ""

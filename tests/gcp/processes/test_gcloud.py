# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gcloud reads from the fake what the module reads."""

from __future__ import annotations

import json
import shutil
import typing as t

import pytest
from support.gcp_fake.example import REGION

pytestmark = pytest.mark.skipif(
    not shutil.which("gcloud"), reason="gcloud is not on this machine: nothing to compare with"
)


@pytest.fixture
def gcloud(command, fake, token, tmp_path) -> t.Callable[..., t.Any]:
    (tmp_path / "token").write_text(token)
    variables = {
        "CLOUDSDK_CONFIG": str(tmp_path / "gcloud"),
        "CLOUDSDK_CORE_PROJECT": "shop-42",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(tmp_path / "token"),
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": f"{fake.endpoint}/",
    }
    return lambda *words: command("gcloud", "compute", *words, **variables)


@pytest.mark.parametrize(
    ("collection", "words"),
    [
        ("instances", ["instances", "list"]),
        ("networks", ["networks", "list"]),
        ("subnetworks", ["networks", "subnets", "list"]),
        ("firewalls", ["firewall-rules", "list"]),
        ("routers", ["routers", "list"]),
        ("routes", ["routes", "list"]),
    ],
)
def test_gcloud_lists_what_the_module_lists(gcloud, info, collection, words) -> None:
    done = gcloud(*words, "--format=json")
    assert done.returncode == 0, done.stderr
    theirs = {each["selfLink"]: each for each in json.loads(done.stdout)}
    ours = {each["selfLink"]: each for each in info()["project"][collection]}
    assert set(ours) == set(theirs)
    for link, each in ours.items():
        assert each == {name: theirs[link][name] for name in each}


def test_gcloud_sees_the_same_effective_firewalls(gcloud, info) -> None:
    done = gcloud(
        *("network-firewall-policies", "get-effective-firewalls"),
        *("--network=vpc-db", f"--region={REGION}", "--format=json"),
    )
    assert done.returncode == 0, done.stderr
    (ours,) = (
        each["response"]
        for each in info()["project"]["effective_firewalls"]
        if each["network"].endswith("/vpc-db")
    )
    assert names(json.loads(done.stdout)) == names(ours) == {"db-mysql", "vpc-db-ssh-from-iap"}


def names(response: dict[str, t.Any]) -> set[str]:
    return {rule["name"] for rule in response["firewalls"]}


def test_gcloud_accepts_the_arguments_of_the_tunnel(gcloud) -> None:
    """gcloud accepts its arguments, and fails because there is no proxy of Google."""
    words = ["web1", "22", "--listen-on-stdin", "--project=shop-42", f"--zone={REGION}-a"]
    message = gcloud("start-iap-tunnel", *words, "--verbosity=error").stderr
    assert "Error while connecting" in message
    assert "unrecognized arguments" in gcloud("start-iap-tunnel", *words, "--on-stdin").stderr

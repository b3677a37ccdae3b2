# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Three applications that are not the collection's own, each deployed by an inventory alone."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import typing as t
from dataclasses import dataclass, field

import pytest
from support import ROOT
from support.lab import (
    ADDRESSES,
    Done,
    changes,
    in_network,
    output_of,
    play,
    run,
    run_in_network,
    shell,
    start,
)

MEMBERS = ("web1", "web2")
CONTAINER = "peerlb-webapp"
REVISION = "org.opencontainers.image.revision"
URL = f"http://{ADDRESSES['lb1']}"


@dataclass
class Application:
    """An application of somebody's own, as its operator and its users see it.

    answers: the status at each path, asked by name. by_address: the status at / without the name.
    volume: the name of its volume and where it is mounted. variables: what differs from the
    inventory by now, for all further runs.
    """

    name: str
    host: str
    answers: dict[str, str]
    by_address: str
    method: str
    database: str = ""
    volume: tuple[str, str] = ("", "")
    variables: dict[str, t.Any] = field(default_factory=dict)

    @property
    def image(self) -> str:
        """The image that the inventory names, with its tag."""
        return f"peerlb-lab/{self.name}:1"

    def play(self, name: str, *options: str, **variables: t.Any) -> Done:
        """Run a playbook on the lab's inventory with that of the application laid over it."""
        overlay = ("-i", f"molecule/applications/inventories/{self.name}")
        return play(name, *overlay, *options, **self.variables, **variables)

    def predicted(self, name: str) -> dict[str, int]:
        """Return how many changes a playbook announces for each host in check mode."""
        return changes(self.play(name, "--check", "--diff"))

    def status(self, path: str = "/", host: str | None = None, method: str = "GET") -> str:
        """Return the status that a client gets by way of the load balancer."""
        asked = self.host if host is None else host
        options = ["--header", f"Host: {asked}"] if asked else []
        words = ["-s", "-o", "/dev/null", "-m", "10", "-w", "%{http_code}", "-X", method]
        return run_in_network("client", "curl", *words, *options, URL + path)

    def start_load(self, **options: t.Any) -> subprocess.Popen[str]:
        """Start load.py on / in the client's network, with these options."""
        named = {"method": self.method, "host": self.host or ADDRESSES["lb1"], **options}
        words = [word for key, value in named.items() for word in (f"--{key}", str(value))]
        script = [sys.executable, str(ROOT / "molecule/operate/load.py"), f"{URL}/", *words]
        return start(in_network("client", *script), stdout=subprocess.PIPE)

    def retag(self, revision: str) -> None:
        """Push another build under the same tag to the lab's registry."""
        output_of(run([sys.executable, "-m", "lab", "retag", self.image, revision]))

    def write(self, name: str, text: str) -> None:
        """Write a file into the volume of each member, as the application's user."""
        for member in MEMBERS:
            path = f"{self.volume[1]}/{name}"
            shell(member, f"docker exec -i {CONTAINER} sh -c 'cat > {path}'", text)

    def read(self, name: str) -> list[str]:
        """Return what the file holds on each member."""
        path = f"{self.volume[1]}/{name}"
        return [shell(member, f"docker exec {CONTAINER} cat {path}") for member in MEMBERS]


APPLICATIONS = {
    "wordpress": Application(
        name="wordpress",
        host="blog.example",
        answers={"/": "302", "/wp-admin/install.php": "200"},
        by_address="302",
        method="GET",
        database="wordpress",
        volume=("uploads", "/var/lib/wordpress/wp-content/uploads"),
    ),
    "django": Application(
        name="django",
        host="shop.example",
        answers={"/": "200", "/notes": "200", "/-/health": "200", "/nothing": "404"},
        by_address="400",
        method="POST",
        database="site",
        volume=("media", "/srv/site/media"),
    ),
    "static": Application(
        name="static",
        host="",
        answers={"/": "200", "/healthz": "404"},
        by_address="200",
        method="GET",
    ),
}


def inspect(member: str) -> dict[str, t.Any]:
    """Return what Docker says of the application's container on a member."""
    return json.loads(shell(member, f"docker inspect {CONTAINER}"))[0]


def environment(member: str) -> dict[str, str]:
    """Return the environment of the application's container on a member."""
    return dict(entry.split("=", 1) for entry in inspect(member)["Config"]["Env"])


def revision(member: str) -> str:
    """Return which build runs on a member, "" for the first."""
    return (inspect(member)["Config"]["Labels"] or {}).get(REVISION, "")


def local_digests(member: str, repository: str) -> list[str]:
    """Return the digests of the images of a repository that a member has."""
    command = f"docker images --digests --no-trunc --format '{{{{.Digest}}}}' {repository}"
    return shell(member, command).split()


def remove_traces(application: Application) -> None:
    """Remove the data of an application that no longer runs, which no playbook ever does."""
    volume, _path = application.volume
    for member in MEMBERS:
        if volume:
            shell(member, f"docker volume rm --force peerlb-webapp-{volume}")
    if application.database:
        sql = f"DROP DATABASE IF EXISTS {application.database}"
        password = "MYSQL_PWD=$(cat /opt/peerlb/mysql/root_password)"
        command = f"docker exec -i --env MYSQL_PWD peerlb-mysql mysql -uroot -e '{sql}'"
        shell("db1", f"export {password}; {command}")


@pytest.fixture(scope="session", autouse=True)
def lab() -> t.Iterator[None]:
    """Serve the images; at the end, the lab's own application runs again, and no trace is left."""
    output_of(run([sys.executable, "-m", "lab", "images", *APPLICATIONS]))
    yield
    output_of(play("site"))
    for application in APPLICATIONS.values():
        remove_traces(application)
    assert set(changes(play("site", "--check")).values()) == {0}


@pytest.fixture(scope="module", params=sorted(APPLICATIONS))
def application(request: pytest.FixtureRequest) -> Application:
    """Return an application, deployed in place of the one before; site.yml ends with verify."""
    chosen = APPLICATIONS[request.param]
    output_of(chosen.play("site"))
    return chosen


@contextlib.contextmanager
def no_request_lost(application: Application, **options: t.Any) -> t.Iterator[None]:
    """Send requests during the block, and fail if one of them is lost or answered by an error."""
    process = application.start_load(**options)
    try:
        yield
        assert process.poll() is None, "the load ended before the block did"
    finally:
        text, _rest = process.communicate(timeout=300)
    found = json.loads(text)
    assert (found["sent"] > 0, found["failed"], found["lost"]) == (True, 0, {}), found

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of applications of one's own: deployed, renewed under load, and moved to another build.

The tests of one application run in this order, and each begins where the one before ended.
"""

from __future__ import annotations

import time

from support.lab import changes, output_of, shell

from .conftest import (
    CONTAINER,
    MEMBERS,
    environment,
    inspect,
    local_digests,
    no_request_lost,
    revision,
)


def test_clients_get_what_the_application_answers(application) -> None:
    found = {path: application.status(path) for path in application.answers}
    assert found == application.answers
    assert application.status("/", host="") == application.by_address


def test_container_is_as_hardened_as_every_other(application) -> None:
    for member in MEMBERS:
        found = inspect(member)
        settings = found["HostConfig"]
        assert settings["ReadonlyRootfs"] is True
        assert settings["CapDrop"] == ["ALL"]
        assert not settings["CapAdd"]
        assert settings["Privileged"] is False
        assert "no-new-privileges:true" in settings["SecurityOpt"]
        user, _colon, _group = found["Config"]["User"].partition(":")
        assert int(user) > 0


def test_check_and_a_second_run_find_nothing(application) -> None:
    assert set(application.predicted("site").values()) == {0}
    verified = output_of(application.play("verify"))
    assert "are as declared" in verified


def test_renewal_loses_no_request_and_keeps_the_volume(application) -> None:
    if application.volume[0]:
        application.write("kept.txt", "what a user uploaded")
    before = [inspect(member)["Id"] for member in MEMBERS]
    application.variables["generation"] = "second"
    with no_request_lost(application, rate=15, connections=6, seconds=75):
        time.sleep(2)
        output_of(application.play("webapp"))
    assert [environment(member)["GENERATION"] for member in MEMBERS] == ["second"] * 2
    assert not set(before) & {inspect(member)["Id"] for member in MEMBERS}
    if application.volume[0]:
        assert application.read("kept.txt") == ["what a user uploaded"] * 2


def test_moved_tag_is_said_and_deployed(application) -> None:
    wanted = f"build-{time.time_ns()}"
    before = [inspect(member)["Id"] for member in MEMBERS]
    application.retag(wanted)
    predicted = application.play("webapp", "--check", "--diff")
    assert "sha256:" in output_of(predicted)
    assert all(changes(predicted)[member] for member in MEMBERS), predicted.stdout
    assert [inspect(member)["Id"] for member in MEMBERS] == before, "--check changed something"
    assert [revision(member) for member in MEMBERS] != [wanted] * 2
    output_of(application.play("webapp"))
    assert [revision(member) for member in MEMBERS] == [wanted] * 2
    assert application.status("/") == application.answers["/"]
    if application.volume[0]:
        assert application.read("kept.txt") == ["what a user uploaded"] * 2
    assert set(application.predicted("webapp").values()) == {0}


def test_only_images_of_kept_releases_stay(application) -> None:
    repository = application.image.rpartition(":")[0]
    for member in MEMBERS:
        digests = local_digests(member, repository)
        assert digests, "the running image is there"
        for digest in digests:
            shell(member, f"grep -rqF {digest} /opt/peerlb/webapp/releases")
        running = shell(member, f"docker inspect --format '{{{{.Image}}}}' {CONTAINER}").strip()
        assert running in shell(member, "docker images --all --no-trunc --quiet").split()
        # What a moved tag leaves without a name is removed with its release.
        nameless = "docker images --no-trunc --filter dangling=true --format '{{.Digest}}'"
        for digest in shell(member, nameless).split():
            shell(member, f"grep -rqF {digest} /opt/peerlb/webapp/releases")

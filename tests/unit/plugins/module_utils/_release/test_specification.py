# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.release import Release
from ansible_collections.peerlb.stack.plugins.module_utils._release.specification import (
    Health,
    Series,
    Specification,
    SpecificationError,
    built_name,
    make_release,
    pinned,
    read_context,
)
from support.build_contexts import archive

SPEC = Specification(
    "shop",
    "shop:1",
    "shop@sha256:1",
    owner=7,
    health=Health("http", "10.0.0.2", 80, "/up", "shop.example", (200, 302)),
    test=("check",),
    series=Series(("shop", "-v"), "(.)"),
    first_command=("migrate",),
    build_arguments={"A": "b"},
)
COMPOSE = {"services": {"shop": {"ports": ["80:80"]}, "other": {"image": "x"}}}


def make(spec: Specification = SPEC, **changes) -> Release:
    parts = {"compose": COMPOSE, "files": {}, "secrets": {}, "environment": {}}
    parts |= {"context": "", "key": "k", **changes}
    return make_release(spec, **parts)


def test_release_tells_its_specification() -> None:
    assert Specification.of(make()) == SPEC
    assert SPEC.container == "peerlb-shop"


def test_word_that_admits_another_series_is_no_part_of_the_release() -> None:
    allowed = replace(SPEC, series=replace(SPEC.series, allow=True))
    assert make(allowed).id == make().id
    assert Specification.of(make(allowed)) == SPEC


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"service": "shop"}'])
def test_damaged_specification_is_none(text) -> None:
    files = {} if text is None else {"service.json": text}
    assert Specification.of(Release(files)) is None


def test_compose_file_names_project_container_and_image() -> None:
    project = json.loads(make().files["compose.yml"])
    assert project["name"] == "peerlb-shop"
    assert project["services"]["shop"] == {
        "container_name": "peerlb-shop",
        "image": "shop@sha256:1",
        "pull_policy": "never",
        "ports": ["80:80"],
    }
    assert project["services"]["other"] == {"image": "x"}


def test_dollars_and_missing_values_are_as_compose_reads_them() -> None:
    settings = {"command": ["echo", "$HOME"], "mem_limit": None, "labels": {"a": "$b"}, "n": 1}
    project = json.loads(make(compose={"services": {"shop": settings}}).files["compose.yml"])
    service = project["services"]["shop"]
    assert service["command"] == ["echo", "$$HOME"]
    assert (service["labels"], service["n"]) == ({"a": "$$b"}, 1)
    assert "mem_limit" not in service


def test_environment_is_a_compose_file_of_its_own() -> None:
    files = make(environment={"TOKEN": "a$b\"c'"}).files
    assert json.loads(files["environment.yml"]) == {
        "services": {"shop": {"environment": {"TOKEN": "a$$b\"c'"}}}
    }
    assert "TOKEN" not in files["compose.yml"]
    assert "environment.yml" not in make().files


def test_files_and_secrets_have_their_places() -> None:
    files = make(files={"conf.d/a.cnf": "x"}, secrets={"password": "hunter22"}).files
    assert (files["conf.d/a.cnf"], files["secrets/password"]) == ("x", "hunter22")


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"compose": {}}, "compose: has no service named shop"),
        ({"compose": {"services": {"shop": None}}}, "compose: has no service named shop"),
        ({"files": {"/etc/x": ""}}, "files: /etc/x: right is a path such as conf.d/my.cnf"),
        ({"files": {"a/../b": ""}}, "files: a/../b: right is"),
        ({"files": {"a//b": ""}}, "files: a//b: right is"),
        ({"files": {"": ""}}, "files: : right is"),
        ({"files": {"compose.yml": ""}}, "files: compose.yml: this name is the collection's own"),
        ({"files": {"secrets/x": ""}}, "files: secrets/x: this name is the collection's own"),
        ({"files": {"a": 5}}, "files: a: is int and not text: quote it"),
        ({"secrets": {"a": None}}, "secrets: a: is nothing and not text: quote it"),
        ({"environment": {"A": True}}, "environment: A: is bool and not text"),
        ({"environment": {"A": 1.1}}, "environment: A: is float and not text"),
        ({"context": "no"}, "context: is no archive of a build context"),
    ],
)
def test_option_that_makes_no_sense_is_refused_by_name(changes, message) -> None:
    with pytest.raises(SpecificationError) as caught:
        make(**changes)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "image, digest, exact",
    [
        ("nginx:1.30", "sha256:ab", "nginx@sha256:ab"),
        ("nginx", "sha256:ab", "nginx@sha256:ab"),
        ("registry.example:5000/shop:1", "sha256:ab", "registry.example:5000/shop@sha256:ab"),
        ("registry.example:5000/shop", "sha256:ab", "registry.example:5000/shop@sha256:ab"),
        ("nginx@sha256:cd", "sha256:ab", "nginx@sha256:cd"),
        ("nginx:1.30", "", "nginx:1.30"),
    ],
)
def test_image_is_pinned_by_its_digest(image, digest, exact) -> None:
    assert pinned(image, digest) == exact


def test_context_is_read_back_and_leaves_out_what_is_no_file() -> None:
    assert read_context(archive({"Dockerfile": b"FROM x", "a/b.bin": b"\xff\x00"})) == {
        "Dockerfile": b"FROM x",
        "a/b.bin": b"\xff\x00",
    }


def test_context_that_leaves_its_directory_is_refused() -> None:
    with pytest.raises(SpecificationError, match="right is a path"):
        read_context(archive({"../x": b""}))


def test_built_image_is_named_by_all_that_it_is_built_from() -> None:
    one, two = archive({"a": b"bc"}), archive({"ab": b"c"})
    names = {
        built_name("shop", "1.0", one, {}),
        built_name("shop", "1.0", two, {}),
        built_name("shop", "1.0", one, {"A": "b"}),
        built_name("shop", "1.1", one, {}),
    }
    assert len(names) == 4
    assert built_name("shop", "1.0", one, {}).startswith("peerlb-shop:1.0-")
    assert make(context=one).files["context.b64"] == one

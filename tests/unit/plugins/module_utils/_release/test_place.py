# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import ServiceError
from ansible_collections.peerlb.stack.plugins.module_utils._release.place import Place, place_of


def test_what_is_missing_is_told_and_made(tmp_path) -> None:
    place = Place(tmp_path / "shop", os.geteuid(), ("run",), ("first",))
    assert place.reasons() == ["run is missing", "first is missing"]
    place.make()
    assert place.reasons() == []
    assert (tmp_path / "shop/run").is_dir()


def test_password_is_random_private_and_never_made_again(tmp_path) -> None:
    places = [Place(tmp_path / name, os.geteuid(), (), ("first",)) for name in ("a", "b")]
    for place in places:
        place.make()
    texts = [(place.root / "first").read_text() for place in places]
    assert len(texts[0]) == 40
    assert texts[0].isalnum()
    assert texts[0] != texts[1]
    assert (places[0].root / "first").stat().st_mode & 0o777 == 0o400
    places[0].make()
    assert (places[0].root / "first").read_text() == texts[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_another_owner_is_told_and_mended(tmp_path) -> None:
    Place(tmp_path, 0, ("run",)).make()
    place = Place(tmp_path, 7, ("run",))
    assert place.reasons() == ["run has another owner"]
    place.make()
    assert (place.reasons(), (tmp_path / "run").stat().st_uid) == ([], 7)


def test_directory_that_cannot_be_made_is_named(tmp_path) -> None:
    (tmp_path / "shop").write_text("a file")
    with pytest.raises(ServiceError, match=f"cannot write {tmp_path}/shop"):
        Place(tmp_path / "shop", 0, ("run",)).make()


def test_what_a_former_version_left_goes(tmp_path) -> None:
    (tmp_path / "source/a").mkdir(parents=True)
    (tmp_path / "compose.yml").write_text("")
    (tmp_path / "kept").write_text("")
    Place(tmp_path, obsolete=("source", "compose.yml", "nothing")).tidy()
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_parameters_describe_a_place(tmp_path) -> None:
    params = {"directories": ["run"], "passwords": None}
    assert place_of(tmp_path, 7, params) == Place(tmp_path, 7, ("run",))

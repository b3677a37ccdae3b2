# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import types

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.peerlb.stack.plugins.action.write_files import ActionModule, write


def action(check_mode: bool = False, **arguments) -> ActionModule:
    task = types.SimpleNamespace(
        args=arguments, check_mode=check_mode, async_val=0, _parent=None, environment=None
    )
    task.check_mode_ = check_mode
    made = ActionModule.__new__(ActionModule)
    made._task = task
    return made


@pytest.fixture(autouse=True)
def plain_base(monkeypatch) -> None:
    """What the base class does first needs a whole play."""
    base = ActionModule.__mro__[1]
    monkeypatch.setattr(base, "run", lambda _self, _tmp=None, _vars=None: {})


def test_files_are_written_and_no_change_is_told(tmp_path) -> None:
    path = tmp_path / "report/a.html"
    result = action(files={str(path): "<p>ü</p>"}).run()
    assert result == {"changed": False, "paths": [str(path)]}
    assert path.read_text(encoding="utf-8") == "<p>ü</p>"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in path.parent.iterdir()] == ["a.html"]


def test_check_mode_writes_nothing(tmp_path) -> None:
    action(check_mode=True, files={str(tmp_path / "report/a"): "x"}).run()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("files", [None, "a.html", ["a"]])
def test_argument_that_is_no_mapping_is_refused(files) -> None:
    with pytest.raises(AnsibleActionFail, match="files: right is a text by path"):
        action(files=files).run()


def test_file_that_cannot_be_written_is_named(tmp_path) -> None:
    (tmp_path / "report").write_text("a file")
    with pytest.raises(AnsibleActionFail, match=f"cannot write {tmp_path}/report/a"):
        write(tmp_path / "report/a", "x")

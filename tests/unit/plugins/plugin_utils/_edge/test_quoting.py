# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users write stays in its directive."""

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.quoting import literal, quoted


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", '""'),
        ("# not a comment", '"# not a comment"'),
        ('a"; return 200 "b', '"a\\"; return 200 \\"b"'),
        ("ends with \\", '"ends with \\\\"'),
        ("a\nb {}", '"a\nb {}"'),
    ],
)
def test_text_is_one_word_of_nginx(text, word) -> None:
    assert quoted(text) == word
    assert literal(text) == word


def test_variables_are_refused() -> None:
    with pytest.raises(ValueError, match="holds \\$"):
        literal("cost: $5")

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts of certificates as people write them, in PEM. No Ansible, no I/O."""

from __future__ import annotations

import ssl


def holds_certificates(text: str) -> bool:
    """Tell whether a text is one or more certificates in PEM, each of which can be read."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        return False
    return True

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit: where a project differs from the declaration, why, and what would mend it.

It knows both sides. It must not ask the cloud: it gets a document; no I/O. Begin with `audit.py`.
"""

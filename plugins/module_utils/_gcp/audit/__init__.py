# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit: where a project differs from the declaration, why, and which commands fix it.

It knows the declaration and the project. It must not read the cloud: it gets a document, and does
no I/O. Begin with `audit.py`; all findings are in `finding.py`.
"""

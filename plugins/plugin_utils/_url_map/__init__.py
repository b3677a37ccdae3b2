# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The URL map: which pool, redirect or answer a request leads to, and the tests beside it.

It knows how nginx reads the target of a request, and which rule takes it. It must not write nginx's
files, nor ask a host. Begin with `evaluate.py`.
"""

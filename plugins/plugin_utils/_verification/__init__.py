# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict of a verification: what is not as declared, what was not judged, and the report.

It knows what the tasks of the playbook verify registered. It must not ask a host, do other I/O, or
know how a page looks. Begin with `verification.py`.
"""

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cloud's API: credentials, a session, and what is collected of a project.

It alone asks the cloud. It must not judge what it reads. Begin with `collect.py`.
"""

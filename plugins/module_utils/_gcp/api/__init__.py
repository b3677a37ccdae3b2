# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Google Cloud's API: credentials, a session, and the collector that reads a project.

Only this package sends requests to the cloud. It must not judge what it reads. Begin with
`collect.py`.
"""

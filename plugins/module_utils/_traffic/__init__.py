# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured of the traffic: the access log, the kernel's connections, sampled answers.

It only looks. It must not know releases or the declaration. Begin with `access_log.py`.
"""

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of networks and flows: where each box and line stands, as SVG.

It knows geometry. It must not know the page around it. Begin with `picture.py`.
"""

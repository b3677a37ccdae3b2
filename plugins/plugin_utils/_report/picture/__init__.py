# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of networks, hosts and flows: what it shows, and where each box and line stands.

It knows geometry, in pixels. It must not know the page around it, nor how SVG is written. Begin
with `picture.py`; then `layout.py` places boxes, `routes.py` arrows, and `drawing.py` joins them.
"""

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files and symbolic links that are replaced in one step, which outlasts a power cut.

It knows modes, owners and the order in which a disk has to be told. It must not know what stands
in a file. Begin with `writing.py`.
"""

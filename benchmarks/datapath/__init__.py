# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The balancer's data path measured: what is compared, where it runs, and how figures are shown.

Begin at benchmarks/path.py.
"""

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The explanation of one connection, hop by hop, and the first hop that fails.

It knows what to ask of which host, and judges the answers. It must not ask a host, nor do other
I/O. The way of the data: `questions.py` (what to explain), `plan.py` (what to ask of which host),
`case.py` (the answers that belong to one question), `hops_*.py` (one function a hop). Begin with
`explain.py`.
"""

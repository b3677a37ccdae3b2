# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof, before any connection, that each declared flow can work, and what cannot.

It knows the model and what is derived from it. It must not know hosts as they are. Begin with
`proof.py`.
"""

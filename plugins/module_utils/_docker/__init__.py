# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Docker engine of a host: its packages, its settings, and what registries say of images.

It knows the host's own files and programs. It must not know which services run in the engine.
Begin with `daemon.py`; `packages.py` tells what is missing, `digests.py` asks registries.
"""

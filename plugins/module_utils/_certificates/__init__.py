# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates of nginx on its own host: kept on the disk, judged, and brought into service.

It knows certificates, keys, and the nginx that serves them. They are no part of a release: a
rollback brings no expired certificate back. It must not know the declaration, and it must work
without Ansible, because a timer renews certificates too. Begin with `install.py`.

    pem -> openssl -> judge -> store -> serving (nginx -t, reload, handshake) = install
"""

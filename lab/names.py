# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names, addresses and places that the parts of the lab agree on."""

from __future__ import annotations

from pathlib import Path

PREFIX = "peerlb-"  # namespaces, control groups, machines: what bears it belongs to the lab
FABRIC = PREFIX + "fabric"
MGMT = "mgmt"
UPLINK = "uplink"
ROOT_LINK = PREFIX + "uplink"
NOWHERE = "lo"  # where the fabric routes what has no way; its rules answer "no route to host"

UPLINK_NET = "198.18.77.0/30"
UPLINK_ROOT = "198.18.77.1"  # the machine's own end; also the hosts' name server
UPLINK_FABRIC = "198.18.77.2"  # the fabric's end; also the image mirror
MIRROR_PORT = 5000
GATEWAY = "169.254.1.1"  # the fabric's end of each link; seen on that link only
HIDDEN = (
    "10.0.0.0/8",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "198.18.0.0/15",
)  # no packet for these leaves by the uplink, whatever the topology says

CLONE = Path(__file__).resolve().parent.parent
PRIVATE = CLONE / ".lab"  # keys, known hosts, secrets: this clone's own, ignored by git
CACHE = Path("/var/cache/peerlb-lab")  # root file systems and images, once a machine
DISKS = Path("/var/lib/peerlb-lab")  # what the living lab writes
STATE = Path("/run/peerlb-lab")
LOCK = Path("/run/lock/peerlb-lab.lock")

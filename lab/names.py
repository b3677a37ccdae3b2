# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names, addresses and paths that several modules of the lab use."""

from __future__ import annotations

from pathlib import Path

PREFIX = "peerlb-"  # the lab owns every namespace, control group and machine with this prefix
FABRIC = PREFIX + "fabric"
MGMT = "mgmt"
UPLINK = "uplink"
ROOT_LINK = PREFIX + "uplink"
# The fabric sends packets without a route to this interface. A rule answers "no route to host".
NOWHERE = "lo"

UPLINK_NET = "198.18.77.0/30"
UPLINK_ROOT = "198.18.77.1"  # this machine's end, and the hosts' name server
UPLINK_FABRIC = "198.18.77.2"  # the fabric's end, and the image mirror
MIRROR_PORT = 5000
ACME_PORT = 14000  # of the CA that runs beside the client
ACME_MANAGEMENT_PORT = 15000
GATEWAY = "169.254.1.1"  # the fabric's end of every link
# No packet for these leaves by the uplink, whatever the topology says.
PRIVATE_NETWORKS = (
    "10.0.0.0/8",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "198.18.0.0/15",
)

CLONE = Path(__file__).resolve().parent.parent
PRIVATE = CLONE / ".lab"  # this clone's keys, known hosts and secrets, ignored by git
CACHE = Path("/var/cache/peerlb-lab")  # root file systems and images, for all clones
DISKS = Path("/var/lib/peerlb-lab")  # all that the running lab writes
STATE = Path("/run/peerlb-lab")
LOCK = Path("/run/lock/peerlb-lab.lock")

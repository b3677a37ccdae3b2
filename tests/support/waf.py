# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands for the web application firewall: a proxy that treats requests as its image does.

It refuses each request that has the argument `probe`, and knows no rules.
"""

from __future__ import annotations

import contextlib
import typing as t
from pathlib import Path

from .nginx import programs, serving, write_conf

# As the public image proxies; only the inspection is another.
HTTP = """\
    access_log off;
    keepalive_timeout 60s;
    map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
    server {{
        listen 127.0.0.1:{port} default_server;
        client_max_body_size 0;
        location / {{
            if ($arg_probe) {{ return 403; }}
            proxy_set_header Host $host;
            proxy_set_header Proxy "";
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header X-Peerlb-Client $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Port $server_port;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_read_timeout 36000s;
            proxy_redirect off;
            proxy_pass http://127.0.0.1:{inner};
            set_real_ip_from 127.0.0.1;
            real_ip_header X-Peerlb-Client;
            real_ip_recursive on;
        }}
    }}
"""


@contextlib.contextmanager
def stand_in(place: Path, port: int, inner: int) -> t.Iterator[None]:
    """Run the proxy until the end of the block; inner is the port that it asks."""
    place.mkdir(exist_ok=True)
    conf = write_conf(place, HTTP.format(port=port, inner=inner))
    with serving(programs()[-1], conf, port):
        yield

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How gunicorn serves the application. Every number comes from the environment, checked."""

import os
import sys

from peerlb_webapp.config import Config, ConfigError

try:
    _config = Config.from_environ(os.environ)
except ConfigError as exc:
    sys.exit(f"webapp: {exc}")

wsgi_app = "peerlb_webapp:create_app()"
bind = f"0.0.0.0:{_config.port}"
worker_class = "gthread"
workers = _config.workers
threads = _config.threads
# Longer than the load balancer keeps an idle connection: the side that reuses it must close it.
keepalive = _config.keepalive
graceful_timeout = 30
# The heartbeat files: the root file system is read-only, and a disk could stall them.
worker_tmp_dir = "/dev/shm"
control_socket_disable = True
accesslog = "-"
logger_class = "peerlb_webapp.log.JsonLogger"
# The application itself judges who may name a client; gunicorn needs no second list.
forwarded_allow_ips = ""

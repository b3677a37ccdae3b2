# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gunicorn's settings. All numbers come from the environment, checked by Config."""

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
# Longer than the load balancer's keep-alive: the side that sends requests must be first to close.
keepalive = _config.keepalive
graceful_timeout = 30
# Heartbeat files: the root file system is read-only, and a slow disk would make workers look dead.
worker_tmp_dir = "/dev/shm"
control_socket_disable = True
accesslog = "-"
logger_class = "peerlb_webapp.log.JsonLogger"
# The application decides which proxies it trusts (proxies.py), so gunicorn trusts none.
forwarded_allow_ips = ""

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write waf.yml: the container of the web application firewall. No Ansible, no I/O.

It is a Compose project of its own, so that a change of the firewall leaves nginx alone, and the
other way round. The environment is the contract of the image owasp/modsecurity-crs.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t

from .sizes import in_bytes
from .waf import Exclusion, Waf
from .waf_nginx import WafPorts

WAF_COMPOSE = "waf.yml"
NAME = "peerlb-waf"
DEFINITION = "peerlb.definition"
RULES = "/etc/modsecurity.d/owasp-crs/rules/REQUEST-900-EXCLUSION-RULES-BEFORE-CRS.conf"
LOCATIONS = "/etc/nginx/templates/includes/location_common.conf.template"
# The image answers /healthz, and more, by itself. These paths may be an application's.
HEALTH = "/.well-known/peerlb-waf-health"
LOCATION = f"location = {HEALTH} {{ access_log off; modsecurity off; return 200; }}\n"
# Compose takes a config without content for one whose file is missing.
HEAD = "# What peerlb_waf leaves alone.\n"
FIRST_ID = 10_001  # of the ids that the Core Rule Set leaves to users


def exclusion_rules(exclusions: t.Iterable[Exclusion]) -> str:
    """Return the rules of ModSecurity that take rules of the Core Rule Set out."""
    rules = [_exclusion(FIRST_ID + number, each) for number, each in enumerate(exclusions)]
    return "".join([HEAD, *rules])


def _exclusion(number: int, exclusion: Exclusion) -> str:
    change = f"ctl:ruleRemoveById={exclusion.rule}"
    if exclusion.argument:
        change = f"ctl:ruleRemoveTargetById={exclusion.rule};ARGS:{exclusion.argument}"
    actions = f'"id:{number},phase:1,pass,nolog,t:none,{change}"'
    if not exclusion.path:
        return f"SecAction {actions}\n"
    stem = exclusion.path.removesuffix("/*")
    end = "(?:/|$)" if stem != exclusion.path else "$"
    # Not re.escape: ModSecurity knows no escape but those of its own quotes.
    pattern = re.sub(r"[.+()\[\]]", r"[\g<0>]", stem)
    return f'SecRule REQUEST_FILENAME "@rx ^{pattern}{end}" {actions}\n'


def _environment(waf: Waf, ports: WafPorts) -> dict[str, str]:
    """Return the variables of the image.

    The rule set refuses everything if it detects by fewer rules than it blocks by, and the former
    name of the level is read too.
    """
    level = str(waf.paranoia)
    limit = str(int(in_bytes(waf.body_limit)))
    return {
        "PORT": f"127.0.0.1:{ports.waf}",
        "SSL_PORT": f"127.0.0.1:{ports.tls}",
        "BACKEND": f"http://127.0.0.1:{ports.inner}",
        "SERVER_NAME": "_",
        # Nobody asks it, as no name has to be found. The host's own may be one that nginx refuses.
        "DNS_SERVER": "127.0.0.1",
        **dict.fromkeys(("PARANOIA", "BLOCKING_PARANOIA", "DETECTION_PARANOIA"), level),
        "ANOMALY_INBOUND": str(waf.threshold),
        "MODSEC_RULE_ENGINE": "DetectionOnly" if waf.preview else "On",
        "MODSEC_REQ_BODY_LIMIT": limit,
        "MODSEC_REQ_BODY_NOFILES_LIMIT": limit,
        # The URL map says which methods there are. By default the last three are refused.
        "ALLOWED_METHODS": "GET HEAD POST OPTIONS PUT PATCH DELETE",
        # An answer that is looked at is held back, and costs as much again.
        "MODSEC_RESP_BODY_ACCESS": "Off",
        # Without headers and bodies, in which passwords are. What a rule matched is in the log.
        "MODSEC_AUDIT_LOG_PARTS": "AHZ",
        "SET_REAL_IP_FROM": "127.0.0.1",
        "REAL_IP_HEADER": "X-Peerlb-Client",
        "REAL_IP_PROXY_HEADER": "X-Peerlb-Client",
        "ACCESSLOG": "/dev/null",
        "KEEPALIVE_TIMEOUT": "60s",
        "WORKER_CONNECTIONS": "4096",
    }


def render_compose(waf: Waf, ports: WafPorts, image: str) -> str:
    """Return waf.yml. It is JSON, which is YAML too."""
    service = _service(waf, ports, image)
    contents = {"rules": exclusion_rules(waf.exclusions), "locations": LOCATION}
    whole = json.dumps([service, contents], sort_keys=True)
    # Compose leaves a container alone of which only the contents of configs differ.
    service["labels"] = {DEFINITION: hashlib.sha256(whole.encode()).hexdigest()[:16]}
    project = {
        "name": NAME,
        "services": {"waf": service},
        "configs": {name: {"content": text.replace("$", "$$")} for name, text in contents.items()},
    }
    return json.dumps(project, indent=2) + "\n"


def _service(waf: Waf, ports: WafPorts, image: str) -> dict[str, t.Any]:
    return {
        "image": image,
        "container_name": NAME,
        "network_mode": "host",
        "restart": "always",
        # Requests that are on their way end before a new container starts.
        "stop_grace_period": "10s",
        "environment": _environment(waf, ports),
        "configs": [
            {"source": "rules", "target": RULES, "mode": 0o444},
            {"source": "locations", "target": LOCATIONS, "mode": 0o444},
        ],
        "mem_limit": waf.memory_limit,
        "pids_limit": 512,
        "security_opt": ["no-new-privileges:true"],
        "cap_drop": ["ALL"],
        "logging": {"driver": "json-file", "options": {"max-size": "50m", "max-file": "3"}},
        "healthcheck": _healthcheck(ports),
    }


def _healthcheck(ports: WafPorts) -> dict[str, t.Any]:
    url = f"http://127.0.0.1:{ports.waf}{HEALTH}"
    return {
        "test": ["CMD", "curl", "-fsS", "-m", "2", url],
        "interval": "10s",
        "timeout": "3s",
        "retries": 3,
        "start_period": "30s",
        "start_interval": "500ms",
    }

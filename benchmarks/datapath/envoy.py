# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Envoy's file."""

from __future__ import annotations

import json
import typing as t

from . import place

TYPES = "type.googleapis.com/envoy.extensions"
MANAGER = f"{TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = f"{TYPES}.filters.http.router.v3.Router"
TCP = f"{TYPES}.filters.network.tcp_proxy.v3.TcpProxy"
FILE = f"{TYPES}.access_loggers.file.v3.FileAccessLog"
HTTP_FIELDS = {
    "time": "%START_TIME%",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "method": "%REQ(:METHOD)%",
    "host": "%REQ(:AUTHORITY)%",
    "uri": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    "status": "%RESPONSE_CODE%",
    "bytes": "%BYTES_SENT%",
    "seconds": "%DURATION%",
    "listener": "%DOWNSTREAM_LOCAL_PORT%",
    "pool": "%UPSTREAM_CLUSTER%",
    "upstream": "%UPSTREAM_HOST%",
    "upstream_status": "%RESPONSE_CODE%",
    "upstream_connect": "%UPSTREAM_CONNECTION_POOL_READY_DURATION%",
    "upstream_seconds": "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%",
}
TCP_FIELDS = {
    "time": "%START_TIME%",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "protocol": "TCP",
    "listener": "%DOWNSTREAM_LOCAL_PORT%",
    "upstream": "%UPSTREAM_HOST%",
    "status": "%RESPONSE_FLAGS%",
    "sent": "%BYTES_SENT%",
    "received": "%BYTES_RECEIVED%",
    "seconds": "%DURATION%",
}


def _log(target: t.Any, name: str, fields: dict[str, str]) -> list[dict[str, t.Any]]:
    typed = {"@type": FILE, "path": f"{target}/{name}", "log_format": {"json_format": fields}}
    return [{"name": "log", "typed_config": typed}]


def _listener(port: int, kind: str, config: dict[str, t.Any]) -> dict[str, t.Any]:
    return {
        "name": kind,
        "address": {"socket_address": {"address": "0.0.0.0", "port_value": port}},
        "filter_chains": [{"filters": [{"name": kind, "typed_config": config}]}],
    }


def _headers() -> list[dict[str, t.Any]]:
    values = {
        "X-Forwarded-Host": "%REQ(:AUTHORITY)%",
        "X-Forwarded-Port": "%DOWNSTREAM_LOCAL_PORT%",
        "X-Real-IP": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    }
    return [{"header": {"key": key, "value": value}} for key, value in values.items()]


def config(target: t.Any, http: int, tcp: int) -> str:
    """Return the configuration with an http and a tcp listener, and logs in *target*."""
    tcp_config = {
        "@type": TCP,
        "stat_prefix": "tcp",
        "cluster": "webapp",
        "access_log": _log(target, "sessions.log", TCP_FIELDS),
    }
    listeners = [_listener(http, "http", _manager(target)), _listener(tcp, "tcp", tcp_config)]
    return json.dumps({"static_resources": {"listeners": listeners, "clusters": [_cluster()]}})


def _manager(target: t.Any) -> dict[str, t.Any]:
    route = {"match": {"prefix": "/"}, "route": {"cluster": "webapp", "timeout": "60s"}}
    host: dict[str, t.Any] = {"name": "all", "domains": ["*"], "routes": [route]}
    host["request_headers_to_add"] = _headers()
    return {
        "@type": MANAGER,
        "stat_prefix": "http",
        "use_remote_address": True,
        "generate_request_id": True,
        "always_set_request_id_in_response": True,
        "access_log": _log(target, "access.log", HTTP_FIELDS),
        "route_config": {"virtual_hosts": [host]},
        "http_filters": [{"name": "router", "typed_config": {"@type": ROUTER}}],
    }


def _cluster() -> dict[str, t.Any]:
    endpoints = [
        {"endpoint": {"address": {"socket_address": {"address": each, "port_value": 3000}}}}
        for each in place.MEMBER_ADDRESSES
    ]
    most = {"max_connections": 8192, "max_pending_requests": 8192, "max_requests": 8192}
    return {
        "name": "webapp",
        "type": "STATIC",
        "lb_policy": "ROUND_ROBIN",
        "connect_timeout": "1s",
        "circuit_breakers": {"thresholds": [most]},
        "load_assignment": {"cluster_name": "webapp", "endpoints": [{"lb_endpoints": endpoints}]},
    }

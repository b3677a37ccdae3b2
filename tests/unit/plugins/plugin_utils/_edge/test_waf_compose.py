# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The container of the web application firewall."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.waf import Exclusion, Waf
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.waf_compose import (
    HEAD,
    exclusion_rules,
    render_compose,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.waf_nginx import WafPorts

IMAGE = "owasp/modsecurity-crs:4"


def project(waf: Waf) -> dict[str, t.Any]:
    return json.loads(render_compose(waf, WafPorts(), IMAGE))


def service(**settings: t.Any) -> dict[str, t.Any]:
    return project(Waf(**settings))["services"]["waf"]


def test_settings_are_the_environment_of_the_image() -> None:
    wanted = {
        "PORT": "127.0.0.1:8091",
        "SSL_PORT": "127.0.0.1:8093",
        "BACKEND": "http://127.0.0.1:8092",
        "BLOCKING_PARANOIA": "2",
        "DETECTION_PARANOIA": "2",
        "PARANOIA": "2",
        "ANOMALY_INBOUND": "7",
        "MODSEC_RULE_ENGINE": "On",
        "MODSEC_REQ_BODY_LIMIT": "1048576",
    }
    told = service(paranoia=2, threshold=7, body_limit="1m")["environment"]
    assert wanted.items() <= told.items()
    assert service(preview=True)["environment"]["MODSEC_RULE_ENGINE"] == "DetectionOnly"


def test_container_has_no_rights_and_a_limit() -> None:
    told = service(memory_limit="2g")
    assert (told["cap_drop"], told["mem_limit"], told["restart"]) == (["ALL"], "2g", "always")
    assert told["image"] == IMAGE


def test_log_has_no_headers_and_no_bodies() -> None:
    assert service()["environment"]["MODSEC_AUDIT_LOG_PARTS"] == "AHZ"


@pytest.mark.parametrize(
    ("exclusion", "rule"),
    [
        (
            Exclusion(942100, "x", "/search/*", "q"),
            'SecRule REQUEST_FILENAME "@rx ^/search(?:/|$)" "id:10001,phase:1,pass,nolog,t:none,'
            'ctl:ruleRemoveTargetById=942100;ARGS:q"\n',
        ),
        (
            Exclusion(941100, "x", "/a.b(c)+"),
            'SecRule REQUEST_FILENAME "@rx ^/a[.]b[(]c[)][+]$" "id:10001,phase:1,pass,nolog,t:none,'
            'ctl:ruleRemoveById=941100"\n',
        ),
        (
            Exclusion(941100, "x", "/*"),
            'SecRule REQUEST_FILENAME "@rx ^(?:/|$)" "id:10001,phase:1,pass,nolog,t:none,'
            'ctl:ruleRemoveById=941100"\n',
        ),
        (
            Exclusion(941100, "x", "", "q"),
            'SecAction "id:10001,phase:1,pass,nolog,t:none,'
            'ctl:ruleRemoveTargetById=941100;ARGS:q"\n',
        ),
    ],
)
def test_exclusion_is_a_rule_of_its_own(exclusion, rule) -> None:
    assert exclusion_rules([exclusion]) == HEAD + rule


def test_no_config_is_empty() -> None:
    """Compose would look for a file in its place."""
    assert all(config["content"].strip() for config in project(Waf())["configs"].values())


def test_exclusions_have_different_ids() -> None:
    text = exclusion_rules([Exclusion(941100, "x"), Exclusion(942100, "x")])
    assert "id:10001," in text
    assert "id:10002," in text


def test_compose_takes_no_text_for_a_variable() -> None:
    content = project(Waf(exclusions=(Exclusion(941100, "x", "/a"),)))["configs"]["rules"]
    assert '^/a$$"' in content["content"]


def test_container_is_made_anew_if_the_exclusions_differ_alone() -> None:
    """Compose compares no contents of configs."""
    one, two = service(), service(exclusions=(Exclusion(941100, "x"),))
    assert one["labels"] != two["labels"]
    assert {**one, "labels": 0} == {**two, "labels": 0}
    assert service() == service()

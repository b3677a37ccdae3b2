# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook audit, from the cloud's answers to the page that it writes."""

from __future__ import annotations

import json
import re
import subprocess
import typing as t

import pytest
import yaml
from support import ROOT

HOSTS = {
    "nginx_lb": {"hosts": {"lb1": {"ansible_host": "10.0.0.2"}}},
    "webapp": {
        "hosts": {"web1": {"ansible_host": "10.1.0.2"}, "web2": {"ansible_host": "10.1.0.3"}}
    },
    "mysql": {"hosts": {"db1": {"ansible_host": "10.2.0.2"}}},
}


@pytest.fixture
def audit(command, fake, tmp_path) -> t.Callable[..., subprocess.CompletedProcess]:
    """Run the playbook in tmp_path with the example's hosts, as a service account."""
    place = tmp_path / "inventory"
    (place / "group_vars/all").mkdir(parents=True)
    (place / "hosts.yml").write_text(yaml.safe_dump(HOSTS))
    declared = ROOT / "inventories/gcp/group_vars/all/topology.yml"
    (place / "group_vars/all/topology.yml").write_text(declared.read_text())
    (tmp_path / "key.json").write_text(fake.identity.key_file())
    who = {
        "GCP_PROJECT": "shop-42",
        "GCP_AUTH_KIND": "serviceaccount",
        "GCP_SERVICE_ACCOUNT_FILE": str(tmp_path / "key.json"),
    }

    def run(*words: str, **more: t.Any) -> subprocess.CompletedProcess:
        options = [*words]
        options += [word for key, value in more.items() for word in ("-e", f"{key}={value}")]
        playbook = ["ansible-playbook", "-i", place, ROOT / "playbooks/audit.yml"]
        return command(*playbook, *options, cwd=tmp_path, **who)

    return run


def recap(done: subprocess.CompletedProcess) -> str:
    """Return the play recap of localhost."""
    return re.search(r"localhost\s+: (.*)", done.stdout).group(1)


def test_project_as_declared_passes(audit) -> None:
    done = audit()
    assert done.returncode == 0, done.stdout
    assert (
        "shop-42: 4 VMs, 4 flows, 7 rules, 0 policies judged: 0 errors, 0 warnings" in done.stdout
    )
    assert re.search(r"nat +Cloud NAT vpc-webapp-nat +web1, web2", done.stdout)
    assert "The project is as declared, with 0 warnings" in done.stdout
    assert "changed=0" in recap(done)


def test_errors_are_shown_and_fail_the_play_unless_disabled(audit, fake, tmp_path) -> None:
    rules = fake.api.cloud.objects["firewalls"]
    rules[:] = [rule for rule in rules if rule["name"] != "db-mysql"]
    done = audit()
    assert done.returncode == 2
    assert "ERROR    flow-closed            nginx_lb -> mysql:3306 (mysql)" in done.stdout
    assert "$ gcloud compute firewall-rules create nginx-lb-mysql-3306-mysql --pro" in done.stdout
    done = audit(audit_fail="false", audit_dir="out")
    assert done.returncode == 0, done.stdout
    kept = json.loads((tmp_path / "out/peerlb-audit.json").read_text())
    assert [each["id"] for each in kept["findings"] if each["severity"] == "error"] == [
        "flow-closed"
    ]
    assert "✗ The project is not as declared" in (tmp_path / "out/peerlb-audit.html").read_text()


def test_limit_does_not_skip_the_audit(audit, fake) -> None:
    fake.api.cloud.objects["firewalls"].clear()
    assert audit("--limit", "web1").returncode == 2


def test_saved_project_is_audited_without_the_cloud(audit, fake, tmp_path) -> None:
    saved = tmp_path / "project.json"
    assert audit(audit_save="project.json").returncode == 0
    assert saved.stat().st_mode & 0o777 == 0o600
    before = len(fake.requests)
    done = audit(audit_file="project.json")
    assert done.returncode == 0, done.stdout
    assert len(fake.requests) == before > 0


def test_forbidden_policies_leave_flows_undecided(audit, fake) -> None:
    fake.api.forbidden = {"regionNetworkFirewallPolicies.getEffectiveFirewalls"}
    done = audit()
    assert "document-incomplete" in done.stdout
    assert "flow-undecided" in done.stdout
    assert "0 errors" in done.stdout
    assert done.returncode == 0
    assert re.search(r"Nothing contradicts the declaration, but \d+ things could", done.stdout)
    assert "The project is as declared" not in done.stdout

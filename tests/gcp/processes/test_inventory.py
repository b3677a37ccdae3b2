# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example inventory, inventories/gcp, with the inventory plugin of google.cloud."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest
from support import ROOT
from support.gcp_fake.example import REGION

ZONES = {
    f"{REGION}-a": ["db1", "web1"],
    f"{REGION}-b": ["web2"],
    f"{REGION}-c": ["lb1"],
}


@pytest.fixture
def inventory(tmp_path) -> Path:
    """A copy of inventories/gcp for the example's project; its secrets are made in the copy."""
    place = tmp_path / "gcp"
    shutil.copytree(ROOT / "inventories/gcp", place, ignore=shutil.ignore_patterns(".secrets"))
    change(place, "my-project", "shop-42")
    return place


def change(place: Path, old: str, new: str) -> None:
    path = place / "vms.gcp.yml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def ansible(command, fake, inventory, tmp_path) -> t.Callable[..., subprocess.CompletedProcess]:
    """Run a program of Ansible with this inventory, as a service account."""
    (tmp_path / "key.json").write_text(fake.identity.key_file())

    def run(program: str, *words: t.Any) -> subprocess.CompletedProcess:
        key = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json")}
        return command(program, "-i", inventory, *words, **key)

    return run


def ways(ansible: t.Any, way: str) -> dict[str, tuple[str, list[str]]]:
    """Return, by host, the address that Ansible connects to and its options for ssh."""
    template = "{{ [ansible_host, ansible_ssh_common_args] | to_json }}"
    done = ansible("ansible", "vms", "-o", "-e", f"gcp_way_in={way}", "-m", "debug", "-a",
                   f"msg={shlex.quote(template)}")  # fmt: skip
    found = {}
    for line in done.stdout.splitlines():
        host, _bar, rest = line.partition(" | ")
        address, options = json.loads(json.loads(rest.partition("=> ")[2])["msg"])
        found[host] = (address, shlex.split(options))
    assert set(found) == {"lb1", "web1", "web2", "db1"}, done.stderr
    return found


def test_inventory_has_groups_and_addresses_of_the_project(ansible, fake) -> None:
    done = ansible("ansible-inventory", "--list")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout, object_hook=lambda each: each.get("__ansible_unsafe", each))
    groups = {name: sorted(each["hosts"]) for name, each in found.items() if "hosts" in each}
    assert groups == {
        **{"nginx_lb": ["lb1"], "webapp": ["web1", "web2"], "mysql": ["db1"]},
        **{"vms": ["db1", "lb1", "web1", "web2"]},
        **{"network_vpc_nginx_lb": ["lb1"], "network_vpc_db": ["db1"]},
        **{"network_vpc_webapp": ["web1", "web2"]},
        **{f"zone_{zone.replace('-', '_')}": hosts for zone, hosts in ZONES.items()},
    }
    lb1 = found["_meta"]["hostvars"]["lb1"]
    wanted = {
        "peerlb_addresses": ["10.0.0.2"],
        "peerlb_zone": f"{REGION}-c",
        "gcp_private_address": "10.0.0.2",
        "peerlb_public_address": "203.0.113.80",
    }
    assert {name: lb1[name] for name in wanted} == wanted
    assert set(fake.tunnels) >= {"www.googleapis.com", "oauth2.googleapis.com"}
    (labels,) = {request.query["filter"] for request in fake.requests if "filter" in request.query}
    assert labels == "labels.role:*"


def test_vms_without_the_label_role_are_not_in_the_inventory(ansible, fake) -> None:
    del fake.api.cloud.named("instances", "web2")["labels"]
    done = ansible("ansible-inventory", "--graph", "webapp")
    assert "web1" in done.stdout
    assert "web2" not in done.stdout


def test_stopped_vm_stays_in_its_group(ansible, fake) -> None:
    fake.api.cloud.named("instances", "web2")["status"] = "TERMINATED"
    assert "web2" in ansible("ansible-inventory", "--graph", "webapp").stdout


def test_check_playbook_proves_the_declaration_of_the_example(ansible) -> None:
    done = ansible("ansible-playbook", "playbooks/check.yml")
    assert done.returncode == 0, done.stdout
    assert "web1, web2 at port 3000" in done.stdout
    assert "10.0.0.2:3306 on lb1 in vpc-nginx-lb" in done.stdout


@pytest.mark.parametrize(
    ("old", "new"), [("shop-42", "shop-43"), ("labels.role:*", "labels.roll:*")]
)
def test_run_with_empty_inventory_fails_with_a_reason(ansible, inventory, old, new) -> None:
    """For a missing project, the inventory plugin returns no hosts and no error."""
    change(inventory, old, new)
    listed = ansible("ansible-inventory", "--list")
    assert (listed.returncode, json.loads(listed.stdout)["_meta"]["hostvars"]) == (0, {})
    done = ansible("ansible-playbook", "site.yml")
    assert done.returncode == 2
    message = " ".join(done.stdout.split())
    assert "the inventory has no host in all" in message
    assert "project, zones, filters and labels" in message


def test_forbidden_inventory_is_an_error(ansible, fake) -> None:
    fake.api.forbidden = {"instances.aggregatedList"}
    done = ansible("ansible-playbook", "site.yml")
    assert done.returncode != 0
    assert "Required 'compute.instances.list' permission" in " ".join(done.stderr.split())


HOST_KEY = ["-o", "HostKeyAlias=compute.{}", "-o", "StrictHostKeyChecking=accept-new"]


def host_key(fake: t.Any, host: str) -> list[str]:
    """Return the options that make ssh know a host's key by the VM's number."""
    number = fake.api.cloud.named("instances", host)["id"]
    return [word.format(number) for word in HOST_KEY]


@pytest.fixture
def started(tmp_path) -> t.Callable[..., list[str]]:
    """Connect with these options of ssh; return the words of the proxy command that ssh starts."""
    note, programs = tmp_path / "started", tmp_path / "programs"
    programs.mkdir()
    for name in ("gcloud", "ssh"):
        (programs / name).write_text(f'#!/bin/sh\nprintf "%s\\n" {name} "$@" >{note}\n')
        (programs / name).chmod(0o755)

    def run(options: list[str], address: str) -> list[str]:
        ssh = [shutil.which("ssh"), "-F", "none", *options, f"ops@{address}", "true"]
        path = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
        subprocess.run(ssh, env=path, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        return note.read_text().splitlines()

    return run


def test_ssh_goes_through_iap(ansible, fake, started) -> None:
    found = ways(ansible, "iap")
    for host, (address, options) in found.items():
        vm = fake.api.cloud.named("instances", host)
        assert address == vm["networkInterfaces"][0]["networkIP"]
        zone = vm["zone"].rsplit("/", 1)[1]
        assert options == [
            *host_key(fake, host),
            "-o",
            f"ProxyCommand=gcloud compute start-iap-tunnel {host} %p --listen-on-stdin"
            f" --project=shop-42 --zone={zone} --verbosity=error",
        ]
    address, options = found["web2"]
    assert started(options, address) == [
        *("gcloud", "compute", "start-iap-tunnel", "web2", "22", "--listen-on-stdin"),
        *("--project=shop-42", f"--zone={REGION}-b", "--verbosity=error"),
    ]


@pytest.mark.parametrize("key", ["", "/keys/id_ed25519"])
def test_ssh_goes_through_the_bastion(ansible, fake, inventory, started, key) -> None:
    if key:
        values = inventory / "group_vars/vms/key.yml"
        values.write_text(f"ansible_ssh_private_key_file: {key}\n")
    found = ways(ansible, "bastion")
    assert found.pop("lb1") == ("203.0.113.80", host_key(fake, "lb1"))
    bastion = " ".join(host_key(fake, "lb1"))
    for host, (address, options) in found.items():
        assert address.startswith(("10.1.", "10.2."))
        assert options == [
            *host_key(fake, host),
            "-o",
            f"ProxyCommand=ssh -o BatchMode=yes{f' -i {key}' if key else ''} {bastion}"
            " -W %h:%p ops@203.0.113.80",
        ]
    address, options = found["db1"]
    assert started(options, address) == [
        *("ssh", "-o", "BatchMode=yes", *(["-i", key] if key else []), *host_key(fake, "lb1")),
        *("-W", "10.2.0.2:22", "ops@203.0.113.80"),
    ]


def test_ssh_needs_no_proxy_command_from_inside(ansible, fake) -> None:
    found = ways(ansible, "inside")
    assert found["lb1"] == ("10.0.0.2", host_key(fake, "lb1"))
    assert found["db1"] == ("10.2.0.2", host_key(fake, "db1"))
    address, options = found["web1"]
    command = ["ssh", "-F", "none", "-G", *options, address]
    shown = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    number = fake.api.cloud.named("instances", "web1")["id"]
    wanted = {f"hostkeyalias compute.{number}", "stricthostkeychecking accept-new"}
    assert wanted <= set(shown.splitlines())
    assert "proxycommand" not in shown


@pytest.mark.parametrize("playbook", ["nginx_lb", "verify", "drain"])
def test_single_playbook_with_empty_inventory_fails_with_a_reason(
    ansible, inventory, playbook
) -> None:
    change(inventory, "shop-42", "shop-43")
    done = ansible("ansible-playbook", f"playbooks/{playbook}.yml", "-e", "member=web2")
    assert done.returncode == 2
    assert "the inventory has no host in nginx_lb" in " ".join(done.stdout.split())


def test_two_vms_of_one_name_are_refused_with_both_zones(ansible, fake) -> None:
    twin = json.loads(json.dumps(fake.api.cloud.named("instances", "web2")))
    twin["name"] = "web1"
    fake.api.cloud.objects["instances"].append(twin)
    done = ansible("ansible-playbook", "playbooks/check.yml")
    assert done.returncode == 2, done.stdout
    said = " ".join(done.stdout.split())
    zones = f"the zones {REGION}-a, {REGION}-b have this name"
    assert f"host web1: VMs in {zones}" in said


def without(what: str) -> t.Callable[[dict], None]:
    def change(vm: dict) -> None:
        nic = vm["networkInterfaces"][0]
        if what == "nics":
            vm["networkInterfaces"] = []
        elif what == "address":
            del nic["networkIP"]
        elif what == "labels":
            del vm["labels"]
        else:
            nic.pop("accessConfigs", None)

    return change


@pytest.mark.parametrize("what", ["nics", "address"])
def test_a_vm_without_an_address_is_named_and_others_work(ansible, fake, what) -> None:
    without(what)(fake.api.cloud.named("instances", "web2"))
    done = ansible("ansible-playbook", "playbooks/check.yml")
    assert done.returncode == 2, done.stdout
    assert "host web2: has no IPv4 address in a declared network" in " ".join(done.stdout.split())
    done = ansible("ansible-playbook", "playbooks/check.yml", "--limit", "web1")
    assert done.returncode == 0, done.stdout
    assert "left out, with a problem and outside of --limit: web2" in " ".join(done.stdout.split())
    parts = {"__groups": ["all"], "__parts": ["webapp", "nginx_lb", "firewall"]}
    options = ("--limit", "lb1", "-e", json.dumps(parts))
    done = ansible("ansible-playbook", "playbooks/derive.yml", *options)
    assert done.returncode == 0, done.stdout


def test_a_vm_without_an_external_address_needs_none(ansible, fake) -> None:
    without("natIP")(fake.api.cloud.named("instances", "lb1"))
    assert ansible("ansible-playbook", "playbooks/check.yml").returncode == 0

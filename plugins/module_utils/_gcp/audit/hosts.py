# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the hosts of the inventory with the VMs of the project."""

from __future__ import annotations

import typing as t

from ..._topology.values import Host
from ..._values.entries import listing
from ..rules.stages import Attachment
from .comparison import Comparison
from .finding import Finding

STARTABLE = ("TERMINATED", "STOPPED", "SUSPENDED")


def host_findings(comparison: Comparison) -> t.Iterator[Finding]:
    """Yield findings about hosts without a VM, VMs in the wrong place, and VMs not judged."""
    for host in comparison.topology.hosts.values():
        if host.network:
            yield from _host(comparison, host)
    yield from _unjudged(comparison)


def _host(comparison: Comparison, host: Host) -> t.Iterator[Finding]:
    candidates = comparison.candidates(host)
    if not candidates:
        yield _missing(comparison, host)
        return
    attachment = comparison.attachments.get(host.name)
    if attachment is None:
        yield _misplaced(comparison, host, candidates)
    instance = (attachment or candidates[0]).instance
    if instance.status != "RUNNING":
        command = comparison.gcloud.start(instance) if instance.status in STARTABLE else ""
        yield Finding("vm-not-running", host.name, f"its status is {instance.status}", command)


def _missing(comparison: Comparison, host: Host) -> Finding:
    what = f"no instance is named {host.name} or has the address {host.address} in {host.network}"
    if comparison.project.lacks("instances"):
        return Finding("vm-undecided", host.name, f"{what} among those that could be read")
    elsewhere = comparison.in_other_projects(host.network or "")
    if elsewhere:
        text = f"{what}, but {elsewhere[0]} is used: audit its project too"
        return Finding("vm-undecided", host.name, text)
    return Finding("vm-missing", host.name, f"{what}; nothing about it is judged")


def _misplaced(comparison: Comparison, host: Host, candidates: list[Attachment]) -> Finding:
    there = listing(
        f"{_address_text(attachment)} in {attachment.nic.network.rpartition('/')[2]}"
        for attachment in candidates
    )
    text = f"the inventory says {host.address} in {host.network}, the project {there}"
    inside = any(comparison.in_declared_network(attachment, host) for attachment in candidates)
    return Finding("vm-address" if inside else "vm-network", host.name, f"{text}; it is not judged")


def _address_text(attachment: Attachment) -> str:
    return attachment.nic.address or "no IPv4 address"


def _unjudged(comparison: Comparison) -> t.Iterator[Finding]:
    """Name the VMs in each declared network that are not judged."""
    hosts = comparison.topology.hosts
    judged = set(comparison.attachments.values())
    # If a host is in the wrong place, vm-address or vm-network names all its candidates.
    misplaced = [
        host for host in hosts.values() if host.network and host.name not in comparison.attachments
    ]
    judged.update(attachment for host in misplaced for attachment in comparison.candidates(host))
    listed = {attachment.instance.ref for attachment in judged}
    for name, network in comparison.cloud_networks.items():
        there = [each for each in comparison.all_attachments if each.nic.network == network.ref]
        others = [each for each in there if each not in judged]
        known = [s for s in others if s.instance.name in hosts or s.instance.ref in listed]
        if known:
            text = f"{_named(known)}: of a host of the inventory, or with its name;"
            text += " what reaches it is judged at the inventory's address only"
            yield Finding("vm-unjudged", name, text)
        unlisted = [attachment for attachment in others if attachment not in known]
        if unlisted:
            text = f"{_named(unlisted)}: not in the inventory, so what reaches them is not judged"
            yield Finding("vm-unlisted", name, text)


def _named(attachments: list[Attachment]) -> str:
    return listing(f"{each.instance.name} ({_address_text(each)})" for each in attachments)

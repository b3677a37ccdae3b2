# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring certificates into service: judge all, switch all, let nginx take them, or put all back."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from . import judge
from .judge import Wanted, moment
from .openssl import Facts, Openssl
from .pem import CertificateError, Pair
from .serving import ServingNginx
from .store import CertificateStore, Version

PLACEHOLDER = "placeholder"


@dataclass(frozen=True)
class Change:
    """What is to be done for one certificate: what is in use, what is wanted, and whether nginx
    shows another one than is on the disk."""

    wanted: Wanted
    facts: Facts
    present: Version | None
    former: Facts | None
    stale: bool = False

    @property
    def differs(self) -> bool:
        """Whether the file on the disk is another one."""
        return self.present is None or self.present.pair != self.wanted.pair

    def diff(self) -> dict[str, str]:
        """Return the change for people: names, serial and end; never the certificate or its key."""
        header = f"certificate {self.wanted.name}"
        before = shown(self.former, self.present.source if self.present else "")
        after = shown(self.facts, self.wanted.source)
        sides = {"before_header": header, "after_header": header}
        return {**sides, "before": before, "after": after}


def shown(facts: Facts | None, source: str) -> str:
    """Return a certificate in lines for a diff."""
    if facts is None:
        return ""
    lines = {"names": ", ".join(facts.names), "source": source}
    if source != PLACEHOLDER:  # which is made anew in each run, so that its serial tells nothing
        lines.update(issuer=facts.issuer, serial=facts.serial, ends=moment(facts.ends))
    return "".join(f"{key}: {value}\n" for key, value in lines.items())


@dataclass(frozen=True)
class Installation:
    """The certificates of one host, and the nginx that serves them."""

    store: CertificateStore
    nginx: ServingNginx
    openssl: Openssl

    def plan(
        self, wanted: t.Sequence[Wanted], now: float | None = None, new_alone: bool = False
    ) -> list[Change]:
        """Return what there is to do; a CertificateError names every fault of every certificate.

        new_alone leaves out whatever would replace a certificate. now is in seconds of the epoch.
        """
        moment_now = time.time() if now is None else now
        changes, faults = [], []
        for each in wanted:
            present = self.store.current(each.name)
            former = self._facts(present)
            counts = former if present and present.source != PLACEHOLDER else None
            facts, problems = judge.problems(self.openssl, each, counts, moment_now)
            faults += problems
            if facts and not problems:
                changes.append(self._with_stale(Change(each, facts, present, former)))
        if faults:
            raise CertificateError("\n".join(faults))
        todo = [each for each in changes if each.differs or each.stale]
        return [each for each in todo if each.present is None or not new_alone]

    def _with_stale(self, change: Change) -> Change:
        """Tell of a change whether nginx shows another certificate than the disk has.

        A run may have been killed between the switch and the reload.
        """
        if change.differs:
            return change
        pair, name = change.wanted.pair, change.wanted.name
        stale = bool(self.nginx.serves(name, pair.leaf)) and self.nginx.runs()
        return Change(change.wanted, change.facts, change.present, change.former, stale)

    def _facts(self, version: Version | None) -> Facts | None:
        try:
            return self.openssl.facts(version.pair.chain[0]) if version else None
        except CertificateError:
            return None  # what is damaged is replaced

    def apply(self, changes: t.Sequence[Change]) -> None:
        """Make the changes; a CertificateError says why all is as it was before."""
        staged = {
            each.wanted.name: self.store.stage(
                each.wanted.name, each.wanted.pair, each.wanted.source
            )
            for each in changes
        }
        served = [each for each in changes if self.nginx.uses(each.wanted.name)]
        runs = bool(served) and self.nginx.runs()
        try:
            for name, version in staged.items():
                self.store.switch(name, version)
            if runs:
                self.nginx.test()
                self.nginx.reload()
                for each in served:
                    self.nginx.confirm(each.wanted.name, each.wanted.pair.leaf)
        except CertificateError as exc:
            self._put_back(changes, staged, runs)
            raise CertificateError(f"{exc}\nthe former certificates are in use again") from None
        for name in staged:
            self.store.tidy(name)

    def _put_back(
        self, changes: t.Sequence[Change], staged: t.Mapping[str, str], runs: bool
    ) -> None:
        for each in changes:
            former = each.present.version if each.present else None
            self.store.switch(each.wanted.name, former)
            if staged[each.wanted.name] != former:
                self.store.drop(each.wanted.name, staged[each.wanted.name])
        if runs:
            self.nginx.reload()


def install(
    store: CertificateStore,
    name: str,
    pem: str,
    nginx: ServingNginx,
    *,
    names: t.Sequence[str] = (),
    source: str = "acme",
    ca: str = "",
    forced: bool = False,
) -> bool:
    """Bring one certificate into service, and tell whether anything changed.

    pem is the chain with its key. names are those to be covered. The caller holds the lock of the
    store. A CertificateError says why the former certificate is still, or again, in use.
    """
    try:
        pair = Pair.parse(pem)
    except ValueError as exc:
        raise CertificateError(f"certificate {name}: {exc}") from None
    installation = Installation(store, nginx, Openssl(nginx.run))
    changes = installation.plan([Wanted(name, tuple(names), pair, source, ca, forced)])
    installation.apply(changes)
    return bool(changes)

"""The active documents as the objects they mean, looked up again about once a second: an edit needs no restart."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from config import logs
from config.playbook import check_together, load_playbook
from config.roster import load_roster
from config.rule_tests import load_rule_tests
from config.yamldoc import Problems
from escalation.playbook import Playbook
from escalation.roster import Roster
from escalation.rule_tests import Case, Failure
from mappings import schema
from mappings.accounts import Plan, load_accounts
from store.documents import StoredDocuments

log = structlog.get_logger(__name__)

LOOK_AGAIN_S = 1.0
_TOGETHER = ("roster", "escalation")  # each names what the other has
_MOST_TOLD = 5
_NO_ACCOUNTS = Plan()
Trial = Callable[[Playbook, Roster, tuple[Case, ...]], tuple[Failure, ...]]
LOADERS: Mapping[str, Callable[[str, int], Any]] = {
    "escalation": lambda text, version: load_playbook(text, version=version),
    "roster": lambda text, version: load_roster(text, version=version),
    "rule_tests": lambda text, _: load_rule_tests(text),
    "accounts": lambda text, version: load_accounts(text, version=version),
}


def load(name: str, text: str, version: int = 0) -> Any:
    """The object a document means; Problems with every problem at once. One loader for boot, page, API and commands."""
    if name.startswith("mappings/"):
        return schema.load(text, name)
    if name not in LOADERS:
        raise LookupError(f"no document is called {name}; known: {', '.join(LOADERS)}, mappings/<helpdesk>")
    return LOADERS[name](text, version)


def load_all(texts: Mapping[str, str]) -> dict[str, Any]:
    """The objects that documents mean; raises Problems where one cannot be used, or rules and roster do not fit each other."""
    meant = {name: load(name, text) for name, text in texts.items()}
    hold_together(meant, texts)
    return meant


def hold_together(meant: Mapping[str, Any], texts: Mapping[str, str]) -> None:
    """Raise Problems where rules and roster, if both are there, do not fit each other."""
    if meant.keys() >= set(_TOGETHER):
        wrong = check_together(meant["escalation"], meant["roster"], texts["escalation"], texts["roster"])
        if wrong:
            raise Problems("escalation", tuple(wrong))


class LiveDocuments:
    """Playbook, roster and mappings that are active now. A version that cannot be used is reported and the last good one kept."""

    def __init__(self, documents: StoredDocuments, trial: Trial | None = None, now: Callable[[], float] = time.monotonic) -> None:
        """``trial`` runs the tests of rules; rules that fail one are not taken while there are others."""
        self._documents, self._trial, self._now = documents, trial, now
        self._lock = threading.Lock()
        self._loaded: dict[str, tuple[int, Any]] = {}
        self._looked_at = float("-inf")
        self.generation = 0  # grows with every change, so that others know when to build anew

    def playbook(self) -> Playbook:
        found: Playbook = self._get("escalation")
        return found

    def roster(self) -> Roster:
        found: Roster = self._get("roster")
        return found

    def accounts(self) -> Plan:
        """Who knows the customers beside the helpdesk; nobody when there is no such document."""
        try:
            found: Plan = self._get("accounts")
        except LookupError:
            return _NO_ACCOUNTS
        return found

    def mapping(self, helpdesk: str) -> schema.Mapping:
        """The mapping of a helpdesk; LookupError when there is none."""
        found: schema.Mapping = self._get(f"mappings/{helpdesk}")
        return found

    def _get(self, name: str) -> Any:
        self.look()
        try:
            return self._loaded[name][1]
        except KeyError:
            raise LookupError(f"there is no document {name}") from None

    def look(self) -> None:
        """Load what has a new version; at most once a second, so it may be called often."""
        if self._now() - self._looked_at <= LOOK_AGAIN_S:
            return
        with self._lock:
            if self._now() - self._looked_at <= LOOK_AGAIN_S:
                return
            try:
                self._load_all(self._documents.versions())
            except SQLAlchemyError as away:
                if not self._loaded:
                    raise
                log.warning("the database is away; the documents known stay in force", error=type(away).__name__)
            self._looked_at = self._now()

    def follow(self, before: Mapping[str, int], after: Mapping[str, int]) -> None:
        """Take the versions ``after`` as a process does that has those of ``before``: what does not fit, or fails, is refused."""
        with self._lock:
            self._load_all(before)
            self._load_all(after)
            self._looked_at = self._now()

    def _load_all(self, versions: Mapping[str, int]) -> None:
        changed = {name for name, version in versions.items() if self._known(name)[0] != version}
        # Tests of rules first, so that new rules meet the tests that came with them.
        for name in sorted(changed.difference(_TOGETHER)):
            self._load(name, versions[name])
        if changed.intersection(_TOGETHER):
            self._load_together(versions)

    def _load(self, name: str, version: int) -> None:
        meant = self._read(name, version) or self._known(name)[1]
        if meant is not None:
            self._take(name, version, meant)

    def _load_together(self, versions: Mapping[str, int]) -> None:
        """Rules and roster: a new version is taken where it fits the other document, two new ones where they fit each other."""
        old = {name: self._known(name)[1] for name in _TOGETHER}
        first = not any(old.values())
        passed_over = self._documents.refused() if first else {}
        new = {name: self._newest(name, versions, passed_over) or old[name] for name in _TOGETHER}
        taken, why = (new, "") if first else self._fitting(new, old)
        for name in _TOGETHER:
            if name in versions and taken[name] is not None:
                if not first:
                    self._note(name, versions[name], why if taken[name] is not new[name] else "")
                self._take(name, versions[name], taken[name])

    def _newest(self, name: str, versions: Mapping[str, int], passed_over: Mapping[tuple[str, int], str]) -> Any:
        """The newest version that can be used and was not refused; None for none."""
        if name not in versions:
            return None
        known = self._known(name)[1]
        if known is not None and known.version == versions[name]:
            return known
        if (name, versions[name]) not in passed_over:
            return self._read(name, versions[name])
        log.error("document is not in force", document=name, version=versions[name], problem=passed_over[name, versions[name]])
        history = (document.version for document in self._documents.history(name))
        earlier = (version for version in history if version < versions[name] and (name, version) not in passed_over)
        return next((meant for version in earlier if (meant := self._read(name, version)) is not None), None)

    def _fitting(self, new: Mapping[str, Any], old: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
        """The newest rules and roster that fit each other, and why newer ones do not."""
        why = ""
        both = all(new[name] is not old[name] for name in _TOGETHER)
        for rules, roster in ((new, new), (new, old), (old, new)) if both else ((new, new),):
            pair = {"escalation": rules["escalation"], "roster": roster["roster"]}
            misfit = self._misfit(pair["escalation"], pair["roster"], known=pair["escalation"] is old["escalation"])
            if not misfit:
                return pair, why
            why = why or misfit
        return old, why

    def _misfit(self, rules: Playbook | None, roster: Roster | None, *, known: bool) -> str:
        """Why rules and roster cannot be taken together, "" when they can."""
        if rules is None or roster is None:
            return ""
        if wrong := check_together(rules, roster):
            return "; ".join(problem.problem for problem in wrong[:_MOST_TOLD])
        failures = () if known else self._failures(rules, roster)
        told = "; ".join(f"{failure.case}: {failure.words}" for failure in failures[:_MOST_TOLD])
        return f"{len(failures)} of the tests of rules came out otherwise: {told}" if failures else ""

    def _note(self, name: str, version: int, why: str) -> None:
        if why:
            log.error("document cannot be used; the last good version stays", document=name, version=version, problem=why)
        if self._documents.refused().get((name, version), "") != why:
            self._documents.refuse(name, version, why)

    def _read(self, name: str, version: int) -> Any:
        """What a version means, None where it cannot be used."""
        try:
            return load(name, self._documents.version(name, version).text, version)
        except (Problems, LookupError) as wrong:
            log.error("document cannot be used; the last good version stays", document=name, version=version, problem=str(wrong))
            return None

    def _take(self, name: str, version: int, meant: Any) -> None:
        known = self._known(name)
        self._loaded[name] = (version, meant)
        if known == (version, meant):
            return
        if name == "escalation":
            logs.hide(meant.masking)
        self.generation += 1

    def _failures(self, playbook: Playbook, roster: Roster) -> tuple[Failure, ...]:
        cases = self._known("rule_tests")[1]
        return self._trial(playbook, roster, cases) if self._trial and cases else ()

    def _known(self, name: str) -> tuple[int, Any]:
        """The version that was looked at last, and what is in force; (0, None) for a document that is not known."""
        return self._loaded.get(name, (0, None))

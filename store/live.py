"""The active documents as the objects they mean, looked up again about once a second: an edit needs no restart."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from config import logs
from config.playbook import load_playbook
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

    def _load_all(self, versions: Mapping[str, int]) -> None:
        # Tests of rules first, so that new rules meet the tests that came with them.
        for name, version in sorted(versions.items(), key=lambda pair: pair[0] != "rule_tests"):
            if self._loaded.get(name, (0, None))[0] != version:
                self._load(name, version)

    def _load(self, name: str, version: int) -> None:
        try:
            meant = load(name, self._documents.active(name).text, version)
        except (Problems, LookupError) as wrong:
            log.error("document cannot be used; the last good version stays", document=name, version=version, problem=str(wrong))
            if name not in self._loaded:
                return
            meant = self._loaded[name][1]
        if name == "escalation" and name in self._loaded and (failures := self._failures(meant)):
            told = [f"{failure.case}: {failure.words}" for failure in failures[:5]]
            log.error("new rules fail their tests; the last good version stays", version=version, failures=told)
            meant = self._loaded[name][1]
        self._loaded[name] = (version, meant)
        if name == "escalation":
            logs.hide(meant.masking)
        self.generation += 1

    def _failures(self, playbook: Playbook) -> tuple[Failure, ...]:
        cases, roster = (self._loaded.get(name, (0, None))[1] for name in ("rule_tests", "roster"))
        return self._trial(playbook, roster, cases) if self._trial and cases and roster else ()

"""Every version of every YAML document (architecture.md rule 9). The newest version of a name is the active one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Select, func, insert, select, update

from config.settings import SettingsProblem
from store.engine import each_alone
from store.tables import DocumentRow, TimelineRow

# Files of CONFIG_DIR that are documents; every YAML of MAPPINGS_DIR is one too.
CONFIG_NAMES = ("escalation", "roster", "rule_tests", "accounts")
_REFUSED = "document_refused"


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    version: int
    text: str
    author: str
    reason: str
    at: datetime
    origin: str = "store"
    file_hash: str = ""


def files(config_dir: Path, mappings_dir: Path) -> dict[str, str]:
    """Document name → text of the files of a checkout; ``mappings/<helpdesk>`` for mappings. Missing files are left out."""
    found = {name: path for name in CONFIG_NAMES if (path := config_dir / f"{name}.yaml").exists()}
    found |= {f"mappings/{path.stem}": path for path in sorted(mappings_dir.glob("*.yaml"))}
    return {name: text_of(path) for name, path in found.items()}


def text_of(path: Path) -> str:
    """The text of a file that somebody wrote; raises SettingsProblem where it is not in UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as bad:
        raise SettingsProblem(f"{path}: byte {bad.start + 1} is not UTF-8. Save the file as UTF-8.") from None


def path_of(name: str, config_dir: Path, mappings_dir: Path) -> Path:
    """The file of a document in a checkout."""
    folder, _, helpdesk = name.partition("/")
    return mappings_dir / f"{helpdesk}.yaml" if folder == "mappings" else config_dir / f"{name}.yaml"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class StoredDocuments:
    """Reads and adds versions; thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def names(self) -> tuple[str, ...]:
        with each_alone(self._engine) as db:
            return tuple(db.scalars(select(DocumentRow.name).distinct().order_by(DocumentRow.name)))

    def versions(self) -> Mapping[str, int]:
        """Name → active version, in one cheap query."""
        with each_alone(self._engine) as db:
            rows = db.execute(select(DocumentRow.name, func.max(DocumentRow.version)).group_by(DocumentRow.name))
            return {row[0]: row[1] for row in rows}

    def history(self, name: str) -> tuple[Document, ...]:
        """Every version, newest first; empty for an unknown name."""
        mine = select(DocumentRow.__table__).where(DocumentRow.name == name).order_by(DocumentRow.version.desc())
        with each_alone(self._engine) as db:
            return tuple(Document(**row._mapping) for row in db.execute(mine))

    def active(self, name: str) -> Document:
        """The newest version; LookupError for an unknown name."""
        return self._one(select(DocumentRow.__table__).where(DocumentRow.name == name).order_by(DocumentRow.version.desc()), name)

    def version(self, name: str, number: int) -> Document:
        """One version; LookupError for one that there is not."""
        mine = select(DocumentRow.__table__).where(DocumentRow.name == name, DocumentRow.version == number)
        return self._one(mine, f"{name} version {number}")

    def _one(self, wanted: Select[Any], called: str) -> Document:
        with each_alone(self._engine) as db:
            row = db.execute(wanted.limit(1)).one_or_none()
        if row is None:
            raise LookupError(f"no document {called}")
        return Document(**row._mapping)

    def add(self, name: str, text: str, author: str, reason: str, *, origin: str = "store", expect: int | None = None) -> int:
        """A new active version; its number. ``expect`` is the version it was made from: ValueError when another came between."""
        newest = select(func.coalesce(func.max(DocumentRow.version), 0)).where(DocumentRow.name == name)
        with self._engine.begin() as db:
            db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"document {name}"))))
            version = int(db.execute(newest).scalar_one())
            if expect is not None and expect != version:
                raise ValueError(f"{name} is at version {version} by now, not {expect}")
            row = {"name": name, "version": version + 1, "text": text, "author": author, "reason": reason, "origin": origin}
            db.execute(insert(DocumentRow).values(**row, file_hash=_hash(text) if origin == "file" else ""))
            words = f"{name} version {version + 1}: {reason}"
            note = {"kind": "document", "words": words, "actor": author, "data": {"name": name, "version": version + 1}}
            db.execute(insert(TimelineRow).values(**note, at=func.now()))
        return version + 1

    def refuse(self, name: str, version: int, why: str) -> None:
        """Note why a version is not taken, "" for one that is taken after all: processes that begin later do the same."""
        with self._engine.begin() as db:
            note = {"kind": _REFUSED, "words": why, "actor": "baton", "data": {"name": name, "version": version}}
            db.execute(insert(TimelineRow).values(**note, at=func.now()))

    def refused(self) -> Mapping[tuple[str, int], str]:
        """(name, version) of every version that was not taken → why."""
        notes = select(TimelineRow.words, TimelineRow.data).where(TimelineRow.kind == _REFUSED).order_by(TimelineRow.id)
        with each_alone(self._engine) as db:
            told = {(row.data["name"], row.data["version"]): row.words for row in db.execute(notes)}
        return {version: why for version, why in told.items() if why}

    def sync(self, found: Mapping[str, str]) -> tuple[str, ...]:
        """Take changed files as new versions; the names that were edited in the store since and so were left alone."""
        left_alone = []
        for name, text in found.items():
            history = self.history(name)
            last_file = next((d for d in history if d.file_hash), None)
            if last_file is not None and last_file.file_hash == _hash(text):
                continue
            if history and history[0].origin != "file" and history[0].text != text:
                left_alone.append(name)
                continue
            self._take(name, text, history[0] if history else None)
        return tuple(left_alone)

    def _take(self, name: str, text: str, active: Document | None) -> None:
        if active is not None and active.text == text:  # the store's edit was carried back to the file
            mine = (DocumentRow.name == name, DocumentRow.version == active.version)
            with self._engine.begin() as db:
                db.execute(update(DocumentRow).where(*mine).values(file_hash=_hash(text)))
            return
        try:
            self.add(name, text, "file", "taken from the checkout", origin="file", expect=active.version if active else 0)
        except ValueError:
            return  # another process starting at the same time took the same file

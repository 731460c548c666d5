"""Vendor words and our words: one YAML document per helpdesk, read by ``schema`` (docs/mappings.md)."""

from __future__ import annotations

from pathlib import Path

from config.yamldoc import Problem, Problems
from mappings.schema import Mapping, Preview, load

__all__ = ["Mapping", "Preview", "Problem", "Problems", "load", "load_folder"]


def load_folder(path: Path) -> dict[str, Mapping]:
    """All mappings of a folder by helpdesk; raises Problems with everything wrong in all of its files."""
    found: dict[str, Mapping] = {}
    problems: list[Problem] = []
    for file in sorted(path.glob("*.yaml")):
        name = f"{path.name}/{file.name}"
        try:
            mapping = load(file.read_text(encoding="utf-8", errors="surrogateescape"), name)
        except Problems as wrong:
            problems.extend(wrong.problems)
            continue
        if mapping.helpdesk != file.stem:
            told = f"helpdesk is {mapping.helpdesk!r} in a file named {file.name}"
            problems.append(Problem(1, "helpdesk", told, f"Write helpdesk: {file.stem}, or rename the file.", name))
        found[mapping.helpdesk] = mapping
    if problems:
        raise Problems(path.name, tuple(problems))
    return found

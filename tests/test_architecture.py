"""The walls of the house, kept by reading imports: arrows, the pure core, sizes, equal sets of folders, settings, docs."""

from __future__ import annotations

import ast
import gc
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from config.settings import Settings
from tests.support import ROOT

# Who may import whom (architecture.md, Layout). The command layer at the top may import everything.
BELOW = {
    "escalation": set(),
    "config": {"escalation"},
    "mappings": {"escalation", "config"},
    "connectors": {"escalation", "config", "mappings"},
    "accounts": {"escalation", "config", "mappings", "connectors"},
    "trackers": {"escalation", "config", "connectors"},  # over the guarded session and the notes' marks
    "llm": {"escalation", "config"},
    "signals": {"escalation", "config"},
    "store": {"escalation", "config", "mappings"},
    "web": {"escalation", "config", "mappings", "connectors", "signals", "store"},
    "worker": {"escalation", "config", "mappings", "connectors", "signals", "store"},
    "sandbox": set(),
}
TOP = tuple(sorted(path.name for path in ROOT.glob("*.py")))
GENERATED = ("store/migrations/versions/",)


def sources(*folders: str) -> list[Path]:
    found = [p for folder in folders or tuple(BELOW) for p in (ROOT / folder).rglob("*.py")]
    return [p for p in found if not str(p.relative_to(ROOT)).startswith(GENERATED)]


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@pytest.mark.parametrize("folder", sorted(BELOW))
def test_arrows_only_point_down(folder: str) -> None:
    ours = set(BELOW) | {Path(name).stem for name in TOP}
    for path in sources(folder):
        for name in imported(parse(path)):
            top = name.split(".")[0]
            if top in ours and top != folder:
                assert top in BELOW[folder], f"{path.relative_to(ROOT)} imports {name}: {folder} may import {BELOW[folder]}"


def test_core_uses_the_standard_library_only() -> None:
    for path in sources("escalation"):
        tops = {name.split(".")[0] for name in imported(parse(path))}
        strangers = tops - set(sys.stdlib_module_names) - {"escalation"}
        assert not strangers, f"{path.relative_to(ROOT)} imports {strangers}"


def test_importing_the_core_loads_no_outside_world() -> None:
    paths = [p.relative_to(ROOT).with_suffix("") for p in sources("escalation") if p.stem != "__init__"]
    modules = [".".join(path.parts) for path in paths]
    code = f"import sys, {', '.join(modules)}; print(' '.join(sys.modules))"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    )
    assert not loaded & {"flask", "sqlalchemy", "yaml", "requests", "socket", "_socket", "ssl", "pydantic"}


def test_core_reads_no_clock_and_throws_no_dice() -> None:
    for path in sources("escalation"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"datetime\.now\(|time\.time\(|\brandom\.|date\.today\(|utcnow", text), path


def test_zenpy_is_imported_by_the_zendesk_connector_alone() -> None:
    for path in [*sources(), *(ROOT / name for name in TOP)]:
        if any(name.split(".")[0] == "zenpy" for name in imported(parse(path))):
            assert path.is_relative_to(ROOT / "connectors" / "zendesk"), path


def test_garbage_is_collected_once_the_program_is_imported() -> None:
    import app

    assert hasattr(app, "create_app") and gc.isenabled() and gc.get_freeze_count() > 10_000


def test_environment_is_read_in_settings_only() -> None:
    for path in [*sources(), *(ROOT / name for name in TOP)]:
        if path != ROOT / "config" / "settings.py":
            assert not re.search(r"os\.(environ|getenv)", path.read_text(encoding="utf-8")), path


def test_one_broad_except_in_the_program() -> None:
    found = []
    for path in [*sources(), *(ROOT / name for name in TOP)]:
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.ExceptHandler) and is_broad(node):
                found.append(str(path.relative_to(ROOT)))
    assert found == ["worker/tasks.py"]


def is_broad(handler: ast.ExceptHandler) -> bool:
    named = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException")) for kind in named)


@pytest.mark.parametrize("path", sources() + [ROOT / name for name in TOP], ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= 35, f"{path.relative_to(ROOT)}: {node.name} has {length} lines"


def test_folders_mappings_and_fixtures_are_the_same_set() -> None:
    folders = {p.parent.name for p in (ROOT / "connectors").glob("*/__init__.py")}
    mappings = {p.stem for p in (ROOT / "mappings").glob("*.yaml")}
    fixtures = {p.name for p in (ROOT / "tests" / "fixtures").iterdir() if p.is_dir()}
    assert folders == mappings == fixtures


def test_no_vendor_is_named_where_vendors_do_not_belong() -> None:
    for path in sources("escalation", "store", "worker"):
        tree = parse(path)
        words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        assert not words & {"zendesk", "freshdesk", "intercom", "github", "linear", "jira"}, path


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    missing = [name.upper() for name in Settings.model_fields if f"`{name.upper()}`" not in page]
    assert not missing, f"docs/settings.md says nothing of {missing}"


PINNED = ("base", "dev", "semantic", "accounts", "llm")


def test_every_dependency_is_justified() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    files = (ROOT / "requirements" / f"{name}.in" for name in PINNED)
    lines = [line for file in files for line in file.read_text().splitlines()]
    wanted = {re.split(r"[<\[=]", line)[0] for line in lines if line and not line.startswith("-")}
    missing = [name for name in sorted(wanted) if not re.search(rf"(^\| |, ){re.escape(name)}(,| \|)", page, re.MULTILINE)]
    assert not missing, f"docs/dependencies.md says nothing of {missing}"


def test_pins_have_hashes_and_name_no_registry() -> None:
    for name in PINNED:
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        pins = re.findall(r"^[a-z0-9].*==.*$", text, re.MULTILINE)
        assert pins and all(pin.endswith("\\") for pin in pins)
        assert "://" not in text


def test_what_docker_and_compose_name_exists() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    copied = [word for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile, re.MULTILINE) for word in line.split()[:-1]]
    assert all((ROOT / name).exists() for name in copied)
    assert set(BELOW) | set(TOP) <= set(copied), "the image lacks a part"
    assert re.search(r"^USER (?!root)", dockerfile, re.MULTILINE) and "HEALTHCHECK" in dockerfile
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert set(services) == {"postgres", "migrate", "web", "worker", "clock"}
    helped = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for service in services.values():
        if "command" in service:
            assert re.search(rf"^  {service['command'][1]}\b", helped.stdout, re.MULTILINE), service["command"]

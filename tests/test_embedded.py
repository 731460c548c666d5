"""The PostgreSQL that Baton brings: who starts it, who stops it, and where it cannot run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest

from config.settings import SettingsProblem
from store import embedded
from tests.support import ROOT

USES = """
import sys
from pathlib import Path
from store import embedded
embedded.start(Path(sys.argv[1]))
print("up", flush=True)
input()
"""


def test_a_command_that_started_the_database_stops_it_unless_it_is_used(place: Path) -> None:
    folder = place / "on-demand"

    def command() -> subprocess.Popen[str]:
        begun = subprocess.Popen([sys.executable, "-c", USES, folder], stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT)
        assert begun.stdout and begun.stdout.readline() == "up\n"
        return begun

    def runs() -> bool:
        return (folder / "postgres" / "postmaster.pid").exists()

    first, second = command(), command()
    first.communicate("\n")
    assert runs()
    second.communicate("\n")
    embedded.stop(folder)
    command().communicate("\n")
    assert not runs()


def test_a_server_that_is_just_starting_is_neither_running_nor_not(tmp_path: Path) -> None:
    assert embedded._is_running(tmp_path) is False
    (tmp_path / "postmaster.pid").write_text("-4711\n")  # the first line of eight
    assert embedded._is_running(tmp_path) is None


def test_a_path_with_a_blank_is_refused_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem, match=r"DATA_DIR=.*my data: .* blank\. Set DATA_DIR"):
        embedded.start(tmp_path / "my data")

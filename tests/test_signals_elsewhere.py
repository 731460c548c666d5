"""The same tickets read the same in another process, with another order of sets, and without a network."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from escalation.ticket import Message, Person, Role
from signals import corpus
from signals.reader import TextReader
from tests.support import ROOT

NOW = datetime(2025, 11, 21, 12, tzinfo=UTC)
NO_NETWORK = """
import socket, sys
def refuse(*_, **__): raise AssertionError("a socket was asked for")
socket.socket.__init__ = refuse
socket.create_connection = socket.getaddrinfo = refuse
from tests.test_signals_elsewhere import fingerprint
sys.stdout.write(fingerprint())
"""


def fingerprint() -> str:
    """Everything that is read in the marked tickets, as one number; evidence, order and confidence included."""
    reader, told = TextReader.standard(), hashlib.sha256()
    for ticket in corpus.tickets("two")[:60]:
        texts = ("".join(text for text, _ in sentences) for sentences in ticket.messages)
        messages = tuple(Message(f"m{n}", Person("c", role=Role.CUSTOMER), text) for n, text in enumerate(texts))
        told.update(repr(reader.read(messages, NOW, subject=ticket.subject)).encode())
    return told.hexdigest()


@pytest.mark.slow
def test_another_process_reads_the_same_without_a_network() -> None:
    found = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run([sys.executable, "-c", NO_NETWORK], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        found.add(run.stdout)
    assert found == {fingerprint()}

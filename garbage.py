"""Imported before all else by ``app``: no garbage is collected until ``collected_again()``.

Nearly all that an import makes is there to stay, and the collector would go through it again and again: a fifth of the time in
which a process starts. What is there then is left out of every later collection, too: it stays what a fork shares with its
parent. https://docs.python.org/3/library/gc.html#gc.freeze
"""

from __future__ import annotations

import gc

_collects = gc.isenabled()
gc.disable()


def collected_again() -> None:
    """Everything is imported: from now on garbage is collected, among what is made from now on."""
    gc.freeze()
    if _collects:
        gc.enable()

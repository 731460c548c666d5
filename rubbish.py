"""Imported before all else by ``app``: until ``sought()`` no memory is searched for rubbish.

Nearly all that an import makes is there to stay, and Python would search it again and again: a fifth of the time in which a
process starts. What is there then is left out of every later search, too: it stays what a fork shares with its parent.
https://docs.python.org/3/library/gc.html#gc.freeze
"""

from __future__ import annotations

import gc

_was_sought = gc.isenabled()
gc.disable()


def sought() -> None:
    """Everything is imported: from now on rubbish is looked for, among what is made from now on."""
    gc.freeze()
    if _was_sought:
        gc.enable()

"""What is worked out once for an object that stays for long, such as a playbook or a roster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Of = TypeVar("Of")
Made = TypeVar("Made")


class Kept(Generic[Of, Made]):
    """What ``make`` makes of an object, made once; of ``most`` objects, the first to come being the first to go. Thread-safe.

    An object is known by its identity: hashing a thousand rules or hundreds of agents would cost more than what is spared.
    """

    def __init__(self, make: Callable[[Of], Made], most: int = 8) -> None:
        self._make, self._most = make, most
        self._kept: dict[int, tuple[Of, Made]] = {}  # with the object itself, so that no other gets its id meanwhile

    def __call__(self, of: Of) -> Made:
        kept = self._kept.get(id(of))
        if kept is None or kept[0] is not of:
            for oldest in list(self._kept)[: len(self._kept) - self._most + 1]:
                self._kept.pop(oldest, None)
            kept = self._kept[id(of)] = (of, self._make(of))
        return kept[1]

    def __len__(self) -> int:
        return len(self._kept)

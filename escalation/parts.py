"""What the path of an event is given: the ports to the outside, the documents of today, time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation.journal import Journal
from escalation.playbook import Playbook
from escalation.ports import Chat, Helpdesk, Reader, Tracker
from escalation.roster import Roster


@dataclass(frozen=True)
class Parts:
    """``helpdesks``, ``playbook`` and ``roster`` are asked anew each time: documents change while we run."""

    journal: Journal
    helpdesks: Callable[[], Mapping[str, Helpdesk]]
    chat: Chat
    reader: Reader
    playbook: Callable[[], Playbook]
    roster: Callable[[], Roster]
    clock: Callable[[], datetime]
    pause: Callable[[float], None]  # seconds; lets a burst of webhooks settle
    settle: timedelta = timedelta(milliseconds=20)
    page_url: str = ""  # base of links to our pages
    channel: str = ""  # where alerts go that have no better place
    trackers: Callable[[], Mapping[str, Tracker]] = dict  # name → tracker, those that are set up

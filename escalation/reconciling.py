"""Tickets that changed without a webhook: asked for now and then, read, and looked at like any other (providers.md 1.4, 1.7).

Webhooks are lost: a helpdesk gives up on an endpoint that was down, or drops them by the hundred when it is throttled. So each
is asked what has changed since the last time, and whatever is newer there than what is stored is read. It costs one call a
helpdesk and a read per ticket that was missed; tickets that were heard of cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from escalation.parts import Parts
from escalation.ports import Changed, Helpdesk, Outside

OVERLAP = timedelta(minutes=5)  # lists and searches lag behind what they list
MOST_READ = 200  # tickets of one helpdesk in a pass: after an outage the rest comes with the next ones
_AT_ONCE = 100  # tickets that are compared in one query


@dataclass(frozen=True, slots=True)
class Found:
    """What a pass came to: tickets read anew by connection, and why a helpdesk could not be asked."""

    missed: dict[str, int]
    problems: dict[str, str]


def look(parts: Parts, now: datetime, every: timedelta) -> Found:
    """Ask every helpdesk what has changed; what no webhook has told within ``every`` is read in a job of its own."""
    found = Found({}, {})
    for connection, helpdesk in parts.helpdesks().items():
        try:
            if missed := _walk(parts, helpdesk, now, now - every):
                found.missed[connection] = missed
        except Outside as wrong:
            found.problems[connection] = str(wrong)
    return found


def _walk(parts: Parts, helpdesk: Helpdesk, now: datetime, until: datetime) -> int:
    """How many tickets were missed. Where the walk ends early, the next one goes on from there."""
    mark = f"reconciled:{helpdesk.connection}"
    since = parts.journal.beaten(mark)
    if since is None:  # what was before Baton came is not its business
        parts.journal.beat(mark, now - OVERLAP)
        return 0
    missed = asked = 0
    changes = (one for one in helpdesk.changed(since) if one.at <= until)
    while some := tuple(islice(changes, _AT_ONCE)):
        unheard = dict(islice(parts.journal.unheard(helpdesk.connection, some).items(), MOST_READ - asked))
        why = {one.ticket_id: _why(one, helpdesk, own) for one, own in unheard.items()}
        parts.journal.refresh_later(helpdesk.connection, why)
        missed += sum(not own for own in unheard.values())
        asked += len(unheard)
        if asked == MOST_READ:
            parts.journal.beat(mark, max(since, *(one.at for one in unheard)))
            return missed
    parts.journal.beat(mark, max(since, until - OVERLAP))
    return missed


def _why(missed: Changed, helpdesk: Helpdesk, own: bool) -> str:
    """What the timeline will tell of the read; nothing where our own write is all that may have been missed."""
    name, at = helpdesk.kind.capitalize(), f"{missed.at:%d %b, %H:%M} UTC"
    return "" if own else f"No webhook told of what changed at {at}; {name} was asked, the ticket read"

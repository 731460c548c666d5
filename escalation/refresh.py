"""A running handoff is moved to its path in the active playbook: until somebody does so, it keeps the one it began with."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from escalation.actions import Entry
from escalation.deadlines import counted_again
from escalation.events import Refresh
from escalation.hop import Desk, Handoff, State, Step
from escalation.ladder import edits, next_level


def refreshed(handoff: Handoff, event: Refresh, now: datetime, desk: Desk) -> Step:
    """The level of the same name goes on, offers that are open stay; refused where nothing would change."""
    path = desk.path
    if not handoff.state.is_live:
        return Step(handoff, refused="The ticket is closed; its handoff keeps the path it had.")
    if path is None:
        return Step(handoff, refused=f"The active playbook has no path {handoff.path.id}; this handoff keeps its own.")
    if path == handoff.path:
        return Step(handoff, refused=f"It goes by this path already: version {desk.version} of the playbook did not change it.")
    names = [level.name for level in path.levels]
    here = handoff.current_level.name
    level = names.index(here) if here in names else min(handoff.level, len(names) - 1)
    moved = replace(handoff, path=path, playbook_version=desk.version, level=level, repeated=0)
    words = f"{desk.name(event.by)} moved it to version {desk.version} of the playbook (it began with {handoff.playbook_version})"
    entry = Entry("refreshed", words, event.by, {"version": desk.version, "before": handoff.playbook_version})
    moved, timers = counted_again(moved, now, desk) if handoff.state is State.ACCEPTED else (moved, ())
    step = Step(moved, edits(handoff, settled=True), timers, (entry,))
    waits_no_longer = handoff.state is State.WAITING and level + 1 < len(names)
    return step.then(next_level(moved, now, desk)) if waits_no_longer else step

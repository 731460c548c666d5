"""What somebody's Home tab in Slack shows, put together from what is stored."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from connectors.slack_home import Home, Row
from escalation.actions import Press
from escalation.away import at_words, clock_words, in_words
from escalation.clocks import sum_and_moment
from escalation.hop import Handoff, State
from escalation.hours import duration
from escalation.playbook import Playbook
from escalation.roster import Agent
from store import away, desk_queries
from store.queries import Item


def home(engine: Engine, agent: Agent, playbook: Playbook, now: datetime, page_url: str, note: str = "") -> Home:
    """The tab of an agent, with times in their own zone."""
    mine = next((one for one in away.everybody(engine, now) if one.agent == agent.id and not one.source), None)
    return Home(
        note=note,
        away=in_words(mine, agent, now) if mine else "",
        offers=tuple(_offer(item, agent, now, page_url) for item in desk_queries.open_offers(engine, agent.id)),
        handoffs=tuple(_held(item, agent, now, page_url) for item in desk_queries.held(engine, agent.id)),
        queue=tuple(_queued(item, agent, now, page_url) for item in desk_queries.waiting(engine, agent.teams, playbook, now)),
        page_url=f"{page_url}/handoffs" if page_url else "",
    )


def _offer(item: Item, agent: Agent, now: datetime, page_url: str) -> Row:
    until = datetime.fromisoformat(item["until"])
    words = f"Waits for your answer until {at_words(until, agent, now)}{_summed(item['words'] or '')}"
    return _row(item, words, (Press.ACCEPT, Press.DECLINE), page_url, offer=item["offer_id"], late=until <= now)


def _held(item: Item, agent: Agent, now: datetime, page_url: str) -> Row:
    handoff: Handoff = item["handoff"]
    due, counted = handoff.reply_due, handoff.reply
    if handoff.state is State.ACCEPTED and counted is not None and due is None:
        return _row(item, f"First reply: {counted.words}", (Press.RETURN,), page_url)
    if handoff.state is State.ANSWERED or due is None:
        return _row(item, "Answered. It is yours until the ticket is closed.", (), page_url)
    late = due <= now
    clock = f"First reply overdue since {at_words(due, agent, now)}"
    clock = clock if late else f"First reply due by {at_words(due, agent, now)}, in {duration(due - now)}"
    return _row(item, clock + _summed(counted.words if counted else ""), (Press.RETURN,), page_url, late=late)


def _summed(words: str) -> str:
    """How a deadline came about, where it is more than its own length: " (15 min + weekend)"."""
    total, _ = sum_and_moment(words)
    return f" ({total})" if total else ""


def _queued(item: Item, agent: Agent, now: datetime, page_url: str) -> Row:
    since: datetime = item["opened_at"]
    number = f"Number {item['place']['number']} in the queue"
    words = f"{number}. Nobody has it since {clock_words(since, agent, now)} ({duration(now - since)})"
    return _row(item, words, (Press.ACCEPT,), page_url)


def _row(item: Item, clock: str, presses: tuple[Press, ...], page_url: str, *, offer: str = "", late: bool = False) -> Row:
    who = ", ".join(word for word in (item["customer"], item["organization"]) if word)
    facts = (who, item["tier"] or "", (item["issue_type"] or "").replace("_", " "), f"{item['severity']} urgency")
    return Row(
        handoff=item["handoff_id"],
        title=item["subject"] or f"Ticket {item['ticket_id']}",
        clock=clock,
        facts=facts,
        offer=offer,
        presses=presses,
        ticket_url=item["ticket_url"] or "",
        page_url=f"{page_url}/handoffs/{item['handoff_id']}" if page_url else "",
        late=late,
    )

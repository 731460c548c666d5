"""The statements of the hot path, built once: making one anew costs more than running it.

Parameters have the names of columns; ``the_…`` where an update's condition and its values would otherwise share a name.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, String, bindparam, case, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from store.tables import (
    ActionRow,
    Delivery,
    EscalationRow,
    EvaluationRow,
    HandoffRow,
    MessageRow,
    OfferRow,
    TicketRow,
    TimelineRow,
    TimerRow,
)

_LIVE = ("offered", "waiting", "accepted", "answered")


def _mine(table: Any) -> tuple[Any, Any]:
    return table.connection == bindparam("the_connection"), table.ticket_id == bindparam("the_ticket")


TICKET = select(TicketRow.body, TicketRow.evaluated, TicketRow.actions_seen, TicketRow.log).where(*_mine(TicketRow))
LOCKED_TICKET = TICKET.with_for_update()
FREE_TICKET = TICKET.with_for_update(skip_locked=True)
ADD_TICKET = insert(TicketRow).on_conflict_do_nothing().returning(TicketRow.ticket_id)
SAVE_TICKET = (
    update(TicketRow)
    .where(*_mine(TicketRow))
    .values(
        body=bindparam("body"),
        changed_at=bindparam("changed_at"),
        evaluated=func.coalesce(bindparam("evaluated", type_=TicketRow.__table__.c.evaluated.type), TicketRow.evaluated),
        read_at=func.coalesce(bindparam("read_at", type_=TicketRow.__table__.c.read_at.type), TicketRow.read_at),
        actions_seen=bindparam("actions_seen"),
        log=func.coalesce(bindparam("log", type_=TicketRow.__table__.c.log.type), TicketRow.log),
        requester_email=bindparam("requester_email"),
        look_at=case((bindparam("looked", type_=Boolean), bindparam("look_at")), else_=TicketRow.look_at),
        look_version=case((bindparam("looked", type_=Boolean), bindparam("look_version")), else_=TicketRow.look_version),
    )
)
# Other tickets of a customer, newest first; by index, and few.
CONTACTS = (
    select(
        TicketRow.connection,
        TicketRow.ticket_id,
        *(TicketRow.body[name].astext.label(name) for name in ("subject", "issue_type", "created_at")),
    )
    .where(TicketRow.requester_email == bindparam("email"), TicketRow.requester_email != "")
    .where(TicketRow.seen_at >= bindparam("since"))
    .order_by(TicketRow.seen_at.desc())
    .limit(10)
)

# Who had the newest of them, ours and the helpdesk's; by index.
EARLIER = text("""
SELECT t.connection, t.assignee, coalesce(h.accepted_by, '') AS accepted_by
FROM (
    SELECT connection, ticket_id, coalesce(body #>> '{assignee,id}', '') AS assignee FROM tickets
    WHERE requester_email = :email AND requester_email <> '' AND (connection, ticket_id) <> (:the_connection, :the_ticket)
    ORDER BY seen_at DESC LIMIT 10
) AS t LEFT JOIN handoffs h ON (h.connection, h.ticket_id) = (t.connection, t.ticket_id) AND h.accepted_by <> ''
""")

THREAD = select(MessageRow.body).where(*_mine(MessageRow)).order_by(MessageRow.at.asc().nulls_last(), MessageRow.message_id)
_new_message = insert(MessageRow)
SAVE_MESSAGES = _new_message.on_conflict_do_update(
    index_elements=["connection", "ticket_id", "message_id"],
    set_={"at": _new_message.excluded.at, "body": _new_message.excluded.body},
)
FORGET_MESSAGES = delete(MessageRow).where(*_mine(MessageRow), MessageRow.message_id.in_(bindparam("gone", expanding=True)))

WAITING = (
    select(Delivery.id, Delivery.headers, Delivery.body, Delivery.query, Delivery.received_at)
    .where(*_mine(Delivery), Delivery.status == "accepted")
    .order_by(Delivery.id)
    .limit(200)
)
CONCLUDE = (
    update(Delivery)
    .where(Delivery.id == bindparam("the_delivery"))
    .values(status=bindparam("status"), became=bindparam("became"), why=bindparam("why"), handled_at=bindparam("handled_at"))
)

ADD_EVALUATION = insert(EvaluationRow).returning(EvaluationRow.id)
ADD_TIMELINE = insert(TimelineRow)
ADD_TIMERS = insert(TimerRow).on_conflict_do_nothing()
ADD_ACTION = insert(ActionRow).on_conflict_do_nothing().returning(ActionRow.id)

ADD_ESCALATION = insert(EscalationRow)
# The open escalation of a ticket with its live handoff, if there are any.
OPEN_ESCALATION = (
    select(EscalationRow.__table__, HandoffRow.id.label("handoff_id"), HandoffRow.body.label("handoff"))
    .outerjoin(HandoffRow, (HandoffRow.escalation_id == EscalationRow.id) & HandoffRow.state.in_(_LIVE))
    .where(*_mine(EscalationRow), EscalationRow.state == "open")
    .order_by(HandoffRow.id.desc())
    .limit(1)
)
# The last escalation of a ticket that is over, with its last handoff.
FORMER_ESCALATION = (
    select(EscalationRow.__table__, HandoffRow.id.label("handoff_id"), HandoffRow.body.label("handoff"))
    .join(HandoffRow, HandoffRow.escalation_id == EscalationRow.id)
    .where(*_mine(EscalationRow), EscalationRow.state == "closed")
    .order_by(EscalationRow.id.desc(), HandoffRow.id.desc())
    .limit(1)
)
# Any handoff, with its escalation and the ticket without its thread.
SHOWN = (
    select(
        EscalationRow.__table__, HandoffRow.id.label("handoff_id"), HandoffRow.body.label("handoff"),
        TicketRow.body.label("ticket"),
    )
    .join(HandoffRow, HandoffRow.escalation_id == EscalationRow.id)
    .join(TicketRow, (TicketRow.connection == HandoffRow.connection) & (TicketRow.ticket_id == HandoffRow.ticket_id))
    .where(HandoffRow.id == bindparam("the_handoff"))
)  # fmt: skip
OFFERS = (
    select(OfferRow.id, OfferRow.body, OfferRow.channel, OfferRow.ts)
    .where(OfferRow.handoff_id == bindparam("the_handoff"))
    .order_by(OfferRow.number)
)
IN_THREADS = select(ActionRow.data, ActionRow.receipt).where(
    ActionRow.handoff_id == bindparam("the_handoff"), ActionRow.kind == "alert", ActionRow.data["data"].has_key("place")
)

_new_handoff = insert(HandoffRow)
SAVE_HANDOFF = _new_handoff.on_conflict_do_update(
    index_elements=["id"],
    set_={name: _new_handoff.excluded[name] for name in ("state", "accepted_by", "body", "changed_at", "counted_with")},
)
COUNTED_BEFORE = (
    select(HandoffRow.id, HandoffRow.connection, HandoffRow.ticket_id)
    .where(HandoffRow.counted_with < bindparam("version"))
    .order_by(HandoffRow.counted_with)
    .limit(bindparam("most"))
)
COUNTED = (
    update(HandoffRow)
    .where(HandoffRow.id == bindparam("the_handoff"), HandoffRow.counted_with < bindparam("version"))
    .values(counted_with=bindparam("version"))
)
_new_offer = insert(OfferRow)
SAVE_OFFER = _new_offer.on_conflict_do_update(
    index_elements=["id"], set_={name: _new_offer.excluded[name] for name in ("state", "body")}
)
SAVE_POSTED = (
    update(OfferRow).where(OfferRow.id == bindparam("the_offer")).values(channel=bindparam("channel"), ts=bindparam("ts"))
)

# An action is being tried now, if it still has to be. One found in ``trying`` was cut off by a crash: what it did is unclear, and
# stays so until it is done, for the next try may fail before it has looked.
_planned = (
    select(ActionRow.id, ActionRow.state.label("was")).where(ActionRow.id == bindparam("the_action")).with_for_update().cte()
)
BEGIN = (
    update(ActionRow)
    .where(ActionRow.id == _planned.c.id, _planned.c.was.in_(("planned", "trying")))
    .values(state="trying", attempts=ActionRow.attempts + 1, unclear=ActionRow.unclear | (_planned.c.was == "trying"))
    .returning(ActionRow.__table__)
)
DONE = (
    update(ActionRow)
    .where(ActionRow.id == bindparam("the_action"))
    .values(state=bindparam("the_state"), error=bindparam("error"), done_at=bindparam("done_at"), receipt=bindparam("receipt"))
)
DONE_AND_POSTED = DONE.add_cte(SAVE_POSTED.returning(OfferRow.id).cte("posted"))

# A ticket that was read since, or that is just being handled or read, is known as it is. There are few jobs at any time.
UNHEARD = text("""
SELECT c.id, EXISTS (
    SELECT 1 FROM handoffs h JOIN actions a ON a.handoff_id = h.id WHERE (h.connection, h.ticket_id) = (:the_connection, c.id)
        AND (a.kind, a.state) = ('write', 'done') AND a.done_at BETWEEN c.at - interval '1 minute' AND c.at + interval '1 minute'
) AS own
FROM unnest(CAST(:ids AS text[]), CAST(:moments AS timestamptz[])) WITH ORDINALITY AS c(id, at, place)
WHERE NOT EXISTS (
    SELECT 1 FROM tickets t WHERE (t.connection, t.ticket_id) = (:the_connection, c.id)
        AND CAST(t.body ->> 'updated_at' AS timestamptz) >= c.at)
    AND NOT EXISTS (
        SELECT 1 FROM deliveries d WHERE (d.connection, d.ticket_id, d.status) = (:the_connection, c.id, 'accepted'))
    AND c.id NOT IN (
        SELECT j.args ->> 'ticket_id' FROM procrastinate_jobs j WHERE j.task_name = 'refresh' AND j.status IN ('todo', 'doing')
            AND j.args ->> 'connection' = :the_connection)
ORDER BY c.place
""")

_write_key = bindparam("the_write", type_=String)
UNWRITTEN = select(ActionRow.data).where(
    ActionRow.handoff_id == bindparam("the_handoff"),
    ActionRow.kind == "write",
    ActionRow.state.not_in(("done", "moot")),
    or_(ActionRow.key == _write_key, func.starts_with(ActionRow.key, _write_key + ":")),
)

_IS_OPEN = ActionRow.state.in_(("planned", "trying"))
OPEN_PROOFS = select(ActionRow.__table__).where(
    ActionRow.handoff_id == bindparam("the_handoff"), ActionRow.kind == "prove", _IS_OPEN
)
SETTLE = (
    update(ActionRow).where(ActionRow.id == bindparam("the_action"), _IS_OPEN).values(state="done", done_at=bindparam("done_at"))
)

# Held until the commit (docs/decisions/0012). The database ends a holder that does nothing for 15 s, so that a frozen
# process cannot keep everybody else from routing.
ROUTE_ALONE = text("""
SELECT set_config('idle_in_transaction_session_timeout', '15s', true), pg_advisory_xact_lock(hashtextextended('baton:routing', 0))
""")
# Per agent by index, so that it costs the same after a million handoffs.
LOADS = text("""
SELECT a.id,
    (SELECT count(*) FROM handoffs WHERE accepted_by = a.id AND state IN ('accepted', 'answered')) AS handoffs,
    (SELECT count(*) FROM offers WHERE agent = a.id AND state = 'open') AS offers,
    (SELECT max(at) FROM offers WHERE agent = a.id) AS last_offer
FROM unnest(CAST(:agents AS text[])) AS a(id)
""")

"""Every route of ``/api/v1`` as data: who may call it, what it takes and answers. The API is mounted and described from it."""

from __future__ import annotations

from dataclasses import dataclass

from store.accounts import Role


@dataclass(frozen=True, slots=True)
class Route:
    """``view`` is the method of api_views.Views and the operation's id; ``answer`` and ``body`` name schemas of openapi.py.

    ``refusals`` are statuses beyond those every route may answer (401, 403, 503). ``path`` is Flask's form.
    """

    method: str
    path: str
    view: str
    role: Role
    summary: str
    answer: str
    query: tuple[str, ...] = ()
    body: str = ""
    refusals: tuple[int, ...] = ()
    status: int = 200


_LIST = ("limit", "cursor")
ROUTES = (
    Route(
        "GET",
        "/deliveries",
        "deliveries",
        Role.VIEWER,
        "Webhooks as they came, newest first",
        "Deliveries",
        query=("delivery_status", *_LIST),
        refusals=(400,),
    ),
    Route(
        "GET",
        "/deliveries/<int:delivery>",
        "delivery",
        Role.VIEWER,
        "One webhook: raw body, what it became, the evaluations it led to and their actions",
        "Delivery",
        refusals=(404,),
    ),
    Route(
        "POST",
        "/deliveries/<int:delivery>/replay",
        "replay",
        Role.LEAD,
        "Handle a kept webhook again, after a mapping or rule was mended",
        "Queued",
        refusals=(404,),
        status=202,
    ),
    Route(
        "GET",
        "/tickets/<connection>/<path:ticket>",
        "ticket",
        Role.VIEWER,
        "The canonical ticket with its messages, as last known",
        "Ticket",
        refusals=(404,),
    ),
    Route(
        "GET",
        "/evaluations/<connection>/<path:ticket>",
        "evaluations",
        Role.VIEWER,
        "Why, and why not: every look of the rules at a ticket, each condition with the value it saw, newest first",
        "Evaluations",
        query=_LIST,
        refusals=(400,),
    ),
    Route(
        "GET",
        "/escalations",
        "escalations",
        Role.VIEWER,
        "Escalations, newest first",
        "Escalations",
        query=("escalation_state", *_LIST),
        refusals=(400,),
    ),
    Route(
        "GET",
        "/escalations/<escalation>",
        "escalation",
        Role.VIEWER,
        "One escalation: reasons, every rule with what it saw, handoffs, context package, timeline",
        "Escalation",
        refusals=(404,),
    ),
    Route(
        "GET",
        "/handoffs",
        "handoffs",
        Role.VIEWER,
        "Handoffs, newest first; with state=waiting the queue in its order, each with its place",
        "Handoffs",
        query=("handoff_state", *_LIST),
        refusals=(400,),
    ),
    Route(
        "GET",
        "/handoffs/<handoff>",
        "handoff",
        Role.VIEWER,
        "One handoff: who is asked, every candidate with score or exclusion, offers, outgoing actions",
        "Handoff",
        refusals=(404,),
    ),
    Route(
        "POST",
        "/handoffs/<handoff>/accept",
        "accept",
        Role.AGENT,
        "Take a handoff; of two at once exactly one wins and the other is told who",
        "Answered",
        body="Accept",
        refusals=(400, 404, 409, 422),
    ),
    Route(
        "POST",
        "/handoffs/<handoff>/decline",
        "decline",
        Role.AGENT,
        "Decline an offer; the next person is asked",
        "Answered",
        body="Decline",
        refusals=(400, 404, 409, 422),
    ),
    Route(
        "POST",
        "/handoffs/<handoff>/return",
        "give_back",
        Role.AGENT,
        "Give an accepted handoff back, saying what is missing",
        "Answered",
        body="Return",
        refusals=(400, 404, 409, 422),
    ),
    Route(
        "POST",
        "/handoffs/<handoff>/next-level",
        "next_level",
        Role.AGENT,
        "Call the next level now: a lead, or whoever has the handoff; steps says what was seen, so that no press counts twice",
        "Answered",
        body="NextLevel",
        refusals=(400, 404, 409, 422),
    ),
    Route(
        "POST",
        "/handoffs/<handoff>/refresh",
        "refresh",
        Role.ADMIN,
        "Move a running handoff to its path in the active playbook; offers that are open stay",
        "Answered",
        refusals=(400, 404, 409, 422),
    ),
    Route(
        "GET",
        "/actions",
        "actions",
        Role.VIEWER,
        "Outgoing effects, newest first; state=set_aside are those that wait for a person",
        "Actions",
        query=("action_state", *_LIST),
        refusals=(400,),
    ),
    Route(
        "POST",
        "/actions/<int:action>/retry",
        "retry",
        Role.LEAD,
        "Try an action again that was set aside",
        "Queued",
        refusals=(404,),
        status=202,
    ),
    Route(
        "POST",
        "/mappings/<name>/preview",
        "preview",
        Role.LEAD,
        "What a raw payload would become, with the active mapping or a draft of one; nothing is kept",
        "Preview",
        body="Payload",
        refusals=(400, 404, 422),
    ),
    Route(
        "POST",
        "/rules/dry-run",
        "dry_run",
        Role.VIEWER,
        "What would happen to a pasted or stored ticket: signals, every rule with what it saw, the decision, all candidates",
        "Rehearsed",
        body="Rehearsal",
        refusals=(400, 404, 422),
    ),
    Route(
        "PUT",
        "/agents/<agent>/away",
        "go_away",
        Role.AGENT,
        "Say that somebody is away until a moment: they get no new offers; what they have stays theirs",
        "Presence",
        body="Away",
        refusals=(400, 422),
    ),
    Route(
        "DELETE",
        "/agents/<agent>/away",
        "come_back",
        Role.AGENT,
        "Say that somebody is back; nothing happens to who was not away",
        "Presence",
        refusals=(422,),
    ),
    Route(
        "GET",
        "/who",
        "who",
        Role.VIEWER,
        "Who handles an issue now: team, path, people best first with their reasons, lead, person on watch, channel",
        "Who",
        query=("issue", "connection", "language"),
        refusals=(400,),
    ),
    Route(
        "POST",
        "/simulate",
        "simulate",
        Role.VIEWER,
        "Who would get an issue or a ticket at a given moment, level by level, if nobody answered; nobody is asked",
        "Simulated",
        body="Simulation",
        refusals=(400, 404, 422),
    ),
    Route(
        "POST",
        "/rules/backtest",
        "backtest",
        Role.LEAD,
        "Try a draft of the rules on the stored tickets of the last days, beside the active rules, in the background",
        "Queued",
        body="Backtest",
        refusals=(400, 422),
        status=202,
    ),
    Route(
        "GET",
        "/rules/backtests/<int:backtest>",
        "backtest_result",
        Role.VIEWER,
        "A back-test: progress, what each side would have done, and the tickets behind every number",
        "Backtested",
        refusals=(404,),
    ),
    Route(
        "GET",
        "/documents",
        "documents",
        Role.LEAD,
        "The YAML documents admins edit, without their text",
        "Documents",
    ),
    Route(
        "GET",
        "/documents/<path:name>",
        "document",
        Role.LEAD,
        "One document; its version is also the ETag",
        "Document",
        refusals=(404,),
    ),
)

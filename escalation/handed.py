"""What an AI agent or bot told when it handed a ticket over (domain.md §5); it stays with the ticket as long as that is kept.

Plain data, no imports of the core: ``Ticket`` carries one of these.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AiAttempt:
    """One remedy the AI tried: what it proposed or did, what came of it, what the customer answered, why it failed.

    ``worked`` None: the customer has not said.
    """

    step: str
    result: str = ""
    answer: str = ""
    why: str = ""
    worked: bool | None = False


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The newest handover of a ticket by a bot. Texts are a customer's or a model's words: escape before showing.

    ``own`` are ids of messages in the helpdesk that the bot wrote under whatever name, ``opening`` that of the text with which a
    ticket was made for it; ``issue_type`` is ``intent`` where the playbook knows it.
    """

    id: str  # of the request, see store.handovers
    by: str  # the bot's name
    key: str = ""  # the caller's own key, told back in every event
    attempts: tuple[AiAttempt, ...] = ()
    intent: str = ""
    issue_type: str = ""
    confidence: float | None = None  # 0 to 1
    complexity: str = ""
    urgency: str = ""  # low | normal | high | urgent | critical
    page: str = ""
    product_area: str = ""
    reason: str = ""  # why it hands over, in its own words
    own: tuple[str, ...] = ()
    opening: str = ""

"""What the receiver should do first, by issue type, by what the signals say, and by what is still not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from escalation.completeness import DETAILS
from escalation.package import Attempt, Specific
from escalation.signals import Signal

_SURE = 0.5  # confidence from which a signal is worth a sentence of advice

# Issue type (domain.md §2) → the first thing to do, in words that fit one row of a note.
_FIRST = {
    "billing": "Check charges against invoices; say what is refunded and when",
    "bug": "Reproduce it; file a real bug with its error and environment",
    "account_access": "Verify who is asking, then restore access; never ask for a password",
    "security": "Secure the account, bring in the security lead; no details in public",
    "how_to": "Answer with the steps for this very case and ask whether it worked",
    "cancellation": "Ask what went wrong, say what ending means, then do it at once",
    "shipping_order": "Look it up with the carrier, then give a date or send a replacement",
    "integration_api": "Find the request in the API logs; give the cause or a workaround",
    "feature_request": "Record the wish with its reason and say what is possible today",
}
_OTHERWISE = "Reply in person, name the next step and when it comes"

# Issue type → (kinds of specifics of which one is needed, what to ask for when there is none).
_NEEDS: Mapping[str, tuple[tuple[frozenset[str], str], ...]] = {
    "billing": ((DETAILS["number"] | DETAILS["amount"], "the invoice or order number"),),
    "bug": (
        (DETAILS["error"], "the exact error or a screenshot"),
        (DETAILS["environment"], "the version and the browser or device"),
    ),
    "shipping_order": ((DETAILS["number"], "the order or tracking number"),),
    "integration_api": (
        (DETAILS["error"], "the error the API returns"),
        (DETAILS["request"], "the endpoint and a request id"),
    ),
}

# Signal → advice, most pressing first.
_BY_SIGNAL = {
    "security_incident": "Treat it as a security incident until shown otherwise",
    "legal_threat": "Promise nothing about liability; bring in the lead or legal before replying",
    "privacy_request": "A privacy right with a legal deadline: bring in whoever answers for privacy",
    "explicit_human_request": "A person was asked for: open with your name and that you have taken over",
    "churn_risk": "The customer speaks of leaving: tell the account owner",
}


def next_steps(
    issue_type: str, signals: Iterable[Signal], specifics: Iterable[Specific], tried: Iterable[Attempt]
) -> tuple[str, ...]:
    """What to do, best first: the step for the issue type, what the signals ask for, what to ask, what not to repeat."""
    seen = {s.name for s in signals if s.value and s.confidence >= _SURE}
    steps = [_FIRST.get(issue_type, _OTHERWISE)]
    steps += [
        advice for name, advice in _BY_SIGNAL.items() if name in seen and not (issue_type == "security" and "security" in name)
    ]
    had = {s.kind for s in specifics}
    wanted = [words for kinds, words in _NEEDS.get(issue_type, ()) if not kinds & had]
    if wanted:
        steps.append(f"Ask for {' and '.join(wanted)}")
    failed = sum(1 for a in tried if a.worked is False)
    if failed:
        steps.append(
            "Do not repeat the remedy that failed" if failed == 1 else f"Do not repeat the {failed} remedies that failed"
        )
    return tuple(steps)


def authority(issue_type: str, signals: Iterable[Signal]) -> str:
    """What the receiver must be allowed to do, "" where nothing special is known."""
    for signal in signals:
        value = signal.value if isinstance(signal.value, Mapping) else {"amount": signal.value}
        wanted = signal.name == "refund_request" and bool(signal.value) and not value.get("negated")
        if wanted and signal.confidence >= _SURE:
            amount = value.get("amount")
            known = isinstance(amount, int | float | Decimal) and not isinstance(amount, bool)
            named = f"{amount:,.2f}".removesuffix(".00") if known else ""
            return f"to refund {named} {value.get('currency') or ''}".rstrip() if named else "to decide on a refund"
    return {"security": "to lock accounts and speak for security", "cancellation": "to end contracts"}.get(issue_type, "")

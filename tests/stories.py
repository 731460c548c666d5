"""Five support stories as tickets, told once and used by the tests of context packages, notes and cards.

A thread is text: ``== id who when`` begins a message (``internal`` and ``file=name`` may follow), its words stand below.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from escalation.decision import Decision, Verdict
from escalation.playbook import Mode, Severity
from escalation.signals import Evidence, Signal
from escalation.ticket import (
    ClockState,
    Customer,
    Group,
    Message,
    Money,
    PastTicket,
    Person,
    Priority,
    Role,
    SlaClock,
    Status,
    Ticket,
)

NOW = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)  # a Monday
PEOPLE = {
    "ada": Person("101", "Ada Lindqvist", "ada@example.com", Role.AGENT),
    "bo": Person("102", "Bo Tanaka", "bo@example.com", Role.AGENT),
    "bot": Person("900", "Helpbot", role=Role.BOT),
    "cust": Person("1", "Cus", role=Role.CUSTOMER),
    "mia": Person("301", "Mia Customer", "mia@northwind.example", Role.CUSTOMER),
    "jonas": Person("77", "Jonas Weber", "jonas@shopfix.example", Role.CUSTOMER),
    "dan": Person("5f1", "Dan Okoro", "dan@example.net", Role.CUSTOMER),
    "anna": Person("88", "Anna Schulz", "anna.schulz@example.de", Role.CUSTOMER),
    "priya": Person("12", "Priya Raman", "priya@clinic.example", Role.CUSTOMER),
}
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
ALL_TOLD = frozenset({"subject", "messages", "requester", "customer", "sla"})


def ago(words: str) -> datetime:
    """ "2h10", "35m" or "3d" before NOW."""
    if words[-1] in _UNITS:
        return NOW - timedelta(**{_UNITS[words[-1]]: int(words[:-1])})
    hours, minutes = words.split("h")
    return NOW - timedelta(hours=int(hours), minutes=int(minutes))


def thread(told: str) -> tuple[Message, ...]:
    """The messages of a story."""
    return tuple(_message(part) for part in f"\n{told}".split("\n== ") if part.strip())


def talk(*said: str) -> tuple[Message, ...]:
    """A short dialogue, "who: words" each, a minute apart; the messages are numbered from 1."""
    pairs = [line.split(": ", 1) for line in said]
    return thread("\n".join(f"== {n} {who} {99 - n}m\n{words}" for n, (who, words) in enumerate(pairs, 1)))


def _message(told: str) -> Message:
    head, _, text = told.partition("\n")
    id, who, when, *more = head.split()
    files = tuple(word.removeprefix("file=") for word in more if word.startswith("file="))
    return Message(id, PEOPLE[who], text.strip(), "internal" not in more, ago(when), files)


def fired(*rules: tuple[str, str], issue: str = "", severity: Severity = Severity.HIGH) -> Decision:
    """A decision in which live rules fired: (rule id, what it saw in words)."""
    verdicts = tuple(Verdict(r, w.split(":")[0], Mode.LIVE, True, severity, "default", "", issue, (), w) for r, w in rules)
    return Decision(True, verdicts, severity=severity, path="default", issue_type=issue, reasons=tuple(w for _, w in rules))


def signal(
    ticket: Ticket, name: str, value: bool | int | str | Mapping[str, object] = True, words: str = "", sure: float = 0.9
) -> Signal:
    """A signal whose evidence is the first place where ``words`` stand."""
    message = next((m for m in ticket.messages if words and words in m.text), None)
    start = message.text.index(words) if message else 0
    evidence = (Evidence(message.id, start, start + len(words), "test"),) if message else ()
    return Signal(name, value, sure, evidence)


CHARGED_TWICE = Ticket(
    "zendesk",
    "8841",
    url="https://acme.zendesk.com/agent/tickets/8841",
    subject="Charged twice for November",
    status=Status.OPEN,
    priority=Priority.URGENT,
    issue_type="billing",
    language="en",
    requester=PEOPLE["mia"],
    customer=Customer(
        Group("401", "Northwind"),
        "enterprise",
        Money(Decimal("48000"), "USD"),
        renewal_on="2025-12-06",
        past=(PastTicket("7120", "Invoice shows the old address", Status.SOLVED, ago("40d")),),
    ),
    custom={"refund_amount": Money(Decimal("1240.00"), "USD")},
    sla=(
        SlaClock("next_reply", NOW + timedelta(minutes=25), ClockState.AMBER),
        SlaClock("resolution", NOW + timedelta(hours=20), ClockState.GREEN),
    ),
    known=ALL_TOLD,
    messages=thread("""
== m1 mia 5h10 file=statement.pdf
Hi team,

we were charged twice for our November subscription: two payments of $1,240.00 on 21 November, both
for invoice INV-20871. Our finance department has already flagged it to the bank.

Please refund the second payment and confirm in writing, we close our books by Wednesday.

Kind regards,
Mia Customer
Head of Finance, Northwind
+1 (555) 010-2345
== m2 bot 5h8
Thanks for reaching out! Duplicate charges are often pending authorisations. Please check whether one of the payments \
disappears within 24 hours.
== m3 mia 4h30
Both are booked, not pending. I attached the statement.

On Mon, 24 Nov 2025 at 06:52, Helpbot <help@acme.example>
wrote:
> Thanks for reaching out! Duplicate charges are often
> pending authorisations.
== m4 bo 3h40
Hello Mia, sorry about this. I have re-issued the invoice and cancelled the duplicate on our side, it should be gone from \
your portal. Could you log out and log in again to see it?
== m5 bo 3h38 internal
Cannot see the second capture in our tool, payments team would have to look at the processor.
== m6 mia 2h10
I logged out and in again and the portal still shows both payments, and the page now says "Error BIL-402: ledger mismatch". \
This is the third time I explain this. Can somebody who can actually issue the refund take over?
== m7 mia 35m
Any update?
"""),
)
CHARGED_TWICE_SIGNALS = (
    signal(CHARGED_TWICE, "sentiment", {"label": "frustrated"}, "This is the third time"),
    signal(CHARGED_TWICE, "sentiment_turning", True, "This is the third time"),
    signal(CHARGED_TWICE, "explicit_human_request", True, "Can somebody who can actually"),
    signal(CHARGED_TWICE, "failed_attempts", {"count": 2}, "still shows both payments"),
    signal(CHARGED_TWICE, "refund_request", {"negated": False, "amount": Decimal("1240.00"), "currency": "USD"}, "Please refund"),
)
CHARGED_TWICE_DECISION = fired(
    ("priority_urgent", "Priority is urgent: priority changed to urgent (was normal)"),
    ("refund_500", "Refund of 500 or more: refund_amount is 1,240 USD"),
    issue="billing",
)

PRODUCTION_DOWN = Ticket(
    "freshdesk",
    "512",
    subject="URGENT: order API returns 502",
    priority=Priority.URGENT,
    product_area="Orders API",
    requester=PEOPLE["jonas"],
    customer=Customer(Group("9", "ShopFix GmbH"), "business"),
    sla=(
        SlaClock("first_reply", NOW - timedelta(minutes=50), ClockState.MET),
        SlaClock("resolution", NOW - timedelta(minutes=8), ClockState.BREACHED),
    ),
    known=ALL_TOLD,
    messages=thread("""
== 1 jonas 1h20
Since 10:40 UTC every POST to https://api.acme.example/v2/orders returns HTTP 502 with "upstream timed out".
About 300 orders are stuck in our queue and none of our stores can ship. GET requests work fine.

Request id: 7f3a-99c1-b2. We are on SDK 4.2.1, Node 20.

What we did:
- restarted our workers, no change
- rolled back to yesterday's build, same error

We are losing sales every minute. When will this be fixed?
== 2 ada 1h5
Hi Jonas, I'm sorry. Please rotate your API key and try again with the new one, we have seen stale keys cause this.
== 3 jonas 48m
Rotated the key, did not help. Still 502 on every POST. This is not our key, it's your gateway. Another customer reports \
the same on your status forum.
== 4 ada 40m
I have opened an incident with the platform team.
== 5 jonas 12m
It's been over an hour and your status page is still green??? We go live with a TV campaign tonight.
"""),
)
PRODUCTION_DOWN_SIGNALS = (
    signal(PRODUCTION_DOWN, "sentiment", {"label": "angry"}, "status page is still green???"),
    signal(PRODUCTION_DOWN, "impact", {"critical": True, "kind": "outage"}, "none of our stores can ship"),
    signal(PRODUCTION_DOWN, "failed_attempts", {"count": 3}, "did not help"),
)
PRODUCTION_DOWN_DECISION = fired(
    ("critical_impact", "Critical impact: “none of our stores can ship”"), issue="integration_api", severity=Severity.CRITICAL
)

LOCKED_OUT = Ticket(
    "intercom",
    "215470",
    requester=PEOPLE["dan"],
    known=frozenset({"messages", "requester"}),
    missing={"customer": "Intercom answered 403: the token may not read companies"},
    messages=thread("""
== a dan 25m
hi
== b bot 25m
Hi Dan! How can I help you today?
== c dan 24m
cant log in since i got a new phone
== d dan 24m
it wants a code from the authenticator app but the app is empty now
== e bot 24m
I see! You can reset your password here: https://app.acme.example/reset?token=abc123def
== f dan 20m
thats not the password. i did the reset, same thing, it asks for the code
== g bot 20m
I see! You can reset your password here: https://app.acme.example/reset?token=abc123def
== h dan 18m
omg no. can i talk to a human please
== i dan 9m
hello??
"""),
)
LOCKED_OUT_SIGNALS = (
    signal(LOCKED_OUT, "intent", "account_access"),
    signal(LOCKED_OUT, "sentiment", {"label": "frustrated"}, "omg no"),
    signal(LOCKED_OUT, "explicit_human_request", True, "can i talk to a human"),
    signal(LOCKED_OUT, "bot_loop"),
)
LOCKED_OUT_DECISION = fired(
    ("asked_for_person", "Asks for a person: “can i talk to a human please”"), issue="account_access", severity=Severity.NORMAL
)

PARCEL = Ticket(
    "freshdesk",
    "9007",
    subject="Bestellung 20231188 nicht angekommen",
    priority=Priority.HIGH,
    language="de",
    requester=PEOPLE["anna"],
    customer=Customer(tier="plus", past=(PastTicket("8990", "Wo bleibt mein Paket?", Status.CLOSED, ago("9d")),)),
    known=frozenset({"messages", "requester", "customer"}),
    messages=thread("""
== 1 anna 3d
Guten Tag,

meine Bestellung 20231188 vom 7. November ist immer noch nicht angekommen. Laut Sendungsverfolgung
liegt das Paket seit einer Woche im Depot. Können Sie bitte nachforschen?

Viele Grüße
Anna Schulz
== 2 bo 2d
Guten Tag Frau Schulz, bitte prüfen Sie, ob das Paket bei einem Nachbarn abgegeben wurde.
== 3 anna 26h0
Ich habe bei allen Nachbarn gefragt, das Paket ist weiterhin nicht da. Wenn bis Freitag nichts passiert, möchte ich mein \
Geld zurück: 89,90 €.

Am 22.11.2025 um 12:01 schrieb Bo Tanaka <bo@example.com>:
> Guten Tag Frau Schulz
"""),
)
PARCEL_SIGNALS = (signal(PARCEL, "sentiment", {"label": "frustrated"}, "Wenn bis Freitag nichts passiert"),)
PARCEL_DECISION = fired(
    ("waiting_24h", "Waits for a reply for more than 24 h: 26 h"), issue="shipping_order", severity=Severity.NORMAL
)

BREACH = Ticket(
    "zendesk",
    "9120",
    subject="Someone else is in our account",
    priority=Priority.HIGH,
    page="Admin > Users",
    requester=PEOPLE["priya"],
    customer=Customer(Group("33", "Lakeside Clinic"), "enterprise", health="at risk"),
    sla=(SlaClock("next_reply", NOW + timedelta(minutes=30)),),
    known=ALL_TOLD,
    messages=thread("""
== p1 priya 55m
I found an admin user i.petrov@mail.example in our workspace that nobody here created. He exported the patient list at 09:12 \
UTC today. My password is Winter-2025! and our payment card 4111 1111 1111 1111 is on file. I need you to lock the account \
immediately, under GDPR we have 72 hours to report this to the regulator.
== p2 ada 45m
Hi Priya, please change your password and enable two-factor authentication for all admins.
== p3 ada 44m internal
Looks real: login from a new country at 09:03. I cannot suspend users, no rights.
== p4 priya 30m
Password changed, 2FA is on, but the intruder is still active, I can see him in the audit log. Our lawyer is in the loop. \
If patient data leaks because you did not act, we will hold you liable.
"""),
)
BREACH_SIGNALS = (
    signal(BREACH, "security_incident", True, "admin user i.petrov"),
    signal(BREACH, "legal_threat", True, "we will hold you liable"),
    signal(BREACH, "privacy_request", False),
    signal(BREACH, "churn_risk", True, sure=0.2),
    signal(BREACH, "sentiment", {"label": "angry"}, "we will hold you liable"),
)
BREACH_DECISION = fired(
    ("security", "Security incident: “an admin user nobody here created”"),
    ("legal", "Legal threat: “we will hold you liable”"),
    issue="security",
    severity=Severity.CRITICAL,
)

STORIES = {
    "charged_twice": (CHARGED_TWICE, CHARGED_TWICE_SIGNALS, CHARGED_TWICE_DECISION),
    "production_down": (PRODUCTION_DOWN, PRODUCTION_DOWN_SIGNALS, PRODUCTION_DOWN_DECISION),
    "locked_out": (LOCKED_OUT, LOCKED_OUT_SIGNALS, LOCKED_OUT_DECISION),
    "parcel": (PARCEL, PARCEL_SIGNALS, PARCEL_DECISION),
    "breach": (BREACH, BREACH_SIGNALS, BREACH_DECISION),
}

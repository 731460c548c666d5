"""Words that mean something else than they seem to, each with its near misses: drills, who left long ago, roles of a product."""

from __future__ import annotations

import pytest

from bench.scoring import part
from tests.test_signals_tickets import ticket

GRAVE = [
    ("For a drill next month we want to simulate that the whole site is down for everybody. Is there a test mode?", False),
    ("We are planning a tabletop exercise in which all servers are down. Can we mute your alerts?", False),
    ("How can we simulate an outage of production without telling our customers?", False),
    ("During our disaster recovery drill the database is offline for two hours. Will you open tickets?", False),
    ("As part of an incident exercise, everything is down at 10. Please ignore the alarms.", False),
    ("In the simulation we pretend that nobody can log in, the whole company. Does the report show it?", False),
    ("We rehearse a failover: is it possible to simulate that the API is down for all users?", False),
    ("Next week is our yearly fire drill, the phones are completely down for an hour then.", False),
    ("This is not a drill: the whole site is down for everybody.", True),
    ("Our simulation servers are down, nobody in the team can work.", True),
    ("The drill press is broken and the shop is down, no orders at all.", True),
    ("The whole site is down for everybody. We had planned a drill for today, but this is real.", True),
    ("All tills are down in every store since 9. Please help now.", True),
]


@pytest.mark.parametrize(("text", "grave"), GRAVE)
def test_a_drill_is_no_outage(text: str, grave: bool) -> None:
    assert bool(part(ticket(("customer", text)), "impact", "critical")) is grave


MEANT = [
    (
        "churn_risk",
        "I ended my membership in March and have your confirmation mail. You still took 12.50 in April and May.",
        False,
    ),
    ("churn_risk", "I cancelled my subscription in January, you charged me again in March.", False),
    ("churn_risk", "We cancelled our contract two months ago, why is there another invoice?", False),
    ("churn_risk", "I had already cancelled but you are still charging my card.", False),
    ("churn_risk", "My mother cancelled her plan last year and is still being billed.", False),
    ("churn_risk", "I closed my account at the end of May. Where do I find my last invoice?", False),
    ("churn_risk", "We terminated the lease in June. When do we get the deposit?", False),
    ("churn_risk", "I cancelled our plan on 3 March, but yesterday another payment was taken.", False),
    ("churn_risk", "I cancelled my subscription today because your app is a joke.", True),
    ("churn_risk", "I'm cancelling my membership at the end of May.", True),
    ("churn_risk", "We ended the trial in March and now want to cancel the plan as well.", True),
    ("churn_risk", "You charged me again in March, so I want to cancel my subscription.", True),
    ("churn_risk", "If this is billed again I will leave and close my account.", True),
    ("explicit_human_request", "And can the second level be a team rather than a person?", False),
    ("explicit_human_request", "Should the approver be a manager or can it be someone else?", False),
    ("explicit_human_request", "How do I set a group instead of a single agent as assignee?", False),
    ("explicit_human_request", "Can a person be the recipient, or only a channel?", False),
    ("explicit_human_request", "Can we make a manager the approver of leave requests?", False),
    ("explicit_human_request", "Is it possible to have a person or a team as the reviewer?", False),
    ("explicit_human_request", "Can I talk to a person rather than a bot?", True),
    ("explicit_human_request", "I want your manager, and not your team, to call me.", True),
    ("explicit_human_request", "I'd rather talk to a real person than to a bot.", True),
    ("explicit_human_request", "Who approved this? I want to speak to your manager.", True),
    ("explicit_human_request", "Please put me through to somebody of your team.", True),
]


@pytest.mark.parametrize(("name", "text", "meant"), MEANT)
def test_who_left_long_ago_and_roles_of_a_product(name: str, text: str, meant: bool) -> None:
    told = ticket(("customer", text)).get(name)
    assert (told is not None and told.value is True) is meant


SOON = [
    ("Tomorrow is too late, 60 people check in at 5 pm.", "high"),
    ("Friday is too late for us.", "high"),
    ("Next week will be too late.", "high"),
    ("Three days is too long, the wedding is on Saturday.", "high"),
    ("Monday would be too late as the fair opens on Sunday.", "high"),
    ("Is Friday too late to change the order?", None),
    ("The reminder came a day too late.", None),
    ("Tomorrow is fine.", None),
    ("The alarm on Friday was too late.", None),
    ("Whenever someone has time, could you tell me where to change that?", "low"),
    ("When somebody gets a chance, please send the manual.", "low"),
    ("If anyone has a minute, which size is it?", "low"),
    ("Once things are quieter, could you look at the logo?", "low"),
    ("Whenever it suits you is fine.", "low"),
    ("Does someone have time for a call today?", None),
    ("Nobody ever has time for us.", None),
]


@pytest.mark.parametrize(("text", "level"), SOON)
def test_how_soon(text: str, level: str | None) -> None:
    assert part(ticket(("customer", text)), "urgency", "level") == level

"""What every helpdesk promises, found by itself: complete folders, recorded deliveries and their goldens, proof, reading.

A folder under ``connectors/`` is enough for a helpdesk to be tested here; docs/adding-a-helpdesk.md says what it needs.
What needs a running helpdesk stands in test_contract_live.py.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from config.connections import PLAY_SECRET, PLAY_TOKEN
from connectors import connect, kinds, preview
from escalation.ports import Arrival, BadSignature, GiveUp, Helpdesk, Inbound, Unreadable
from escalation.ticket import ChangeKind, Ignored, TicketChange, apply
from sandbox import samples
from store.codec import build, plain
from tests.contract_cases import FORGED, LONG, NO_OBJECT, QUERIES, at, bodies, nulls, places, put, spoiled, written
from tests.contract_world import URGENT, asked, connector, deliveries, mappings, sign
from tests.support import FIXTURES, ROOT, connection, fixture, fixture_names, inbound, raw

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FEWEST, FEWEST_OF_ALL = 10, 30  # goldens of a helpdesk, and of all together
RECORDED = [(kind, name) for kind in kinds() for name in deliveries(kind)]
every_kind = pytest.mark.parametrize("kind", kinds())
every_delivery = pytest.mark.parametrize(("kind", "name"), RECORDED)


def fresh(kind: str, name: str = URGENT) -> samples.Delivery:
    """A recorded delivery as if its newest thing had happened just now."""
    return samples.fresh(samples.load(FIXTURES, f"{kind}/{name}"), "", NOW, keep_event=True)


def judged(helpdesk: Helpdesk, request: Inbound) -> TicketChange | Ignored | Unreadable:
    """What a request becomes: Unreadable with a remedy, or something that the core, the store and PostgreSQL can take."""
    try:
        arrival, became = helpdesk.arrival(request), helpdesk.change(request)
    except Unreadable as bad:
        assert bad.remedy, f"nobody is told what to do: {bad}"
        return bad
    assert storable(arrival) and 0 < len(arrival.key) <= 300 and len(arrival.ticket_id) <= 100
    assert storable(became)
    assert build(type(became), json.loads(json.dumps(plain(became))))
    if isinstance(became, Ignored):
        assert became.reason
        return became
    assert became.ticket_id and became.ticket_id == arrival.ticket_id, "the lock would be another ticket's"
    assert became.connection == helpdesk.connection
    assert storable(apply(None, became))
    assert helpdesk.needs_read(became, None) in (True, False)
    return became


def storable(value: object) -> bool:
    """Whether PostgreSQL takes it as JSON: no NUL, no half characters, no infinite numbers."""
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
    return bool(text.encode()) and "\\u0000" not in text


# Complete


def complete(folders: Collection[str], beside: Mapping[str, Collection[str]]) -> list[str]:
    """What is missing, in words, for every folder of connectors/ to have its part in each of the places ``beside``."""
    found = [f"{kind} has a connector but no {place}" for place, there in beside.items() for kind in set(folders) - set(there)]
    found += [f"{kind} has {place} but no connector" for place, there in beside.items() for kind in set(there) - set(folders)]
    return sorted(found)


def beside(root: Path) -> dict[str, list[str]]:
    """The places where a helpdesk has its parts, with the helpdesks found there."""
    return {
        "mapping": [path.stem for path in (root / "mappings").glob("*.yaml")],
        "fixtures": [path.name for path in (root / "tests" / "fixtures").iterdir() if path.is_dir()],
        "sandbox": [kind for kind in kinds() if find_spec(f"sandbox.{kind}")],
    }


def test_every_helpdesk_is_complete() -> None:
    assert complete(kinds(), beside(ROOT)) == []
    assert set(mappings()) == set(kinds())


@pytest.mark.parametrize("place", ["mapping", "fixtures", "sandbox"])
def test_a_folder_that_lacks_a_part_is_reported(place: str) -> None:
    whole = {**beside(ROOT), "mapping": [*kinds()], "fixtures": [*kinds()]}
    everywhere = {name: [*there, "imaginary"] for name, there in whole.items()}
    assert complete([*kinds(), "imaginary"], everywhere) == []
    assert complete([*kinds(), "imaginary"], {**everywhere, place: whole[place]}) == [f"imaginary has a connector but no {place}"]
    assert complete(kinds(), {**whole, place: everywhere[place]}) == [f"imaginary has {place} but no connector"]


def test_a_folder_is_all_it_takes_to_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (*kinds(), "imaginary"):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "__init__.py").touch()
    (tmp_path / "signatures.py").touch()
    monkeypatch.setattr("connectors.__file__", str(tmp_path / "__init__.py"))
    assert kinds() == tuple(sorted(("imaginary", *mappings())))


@every_kind
def test_each_recorded_delivery_has_its_golden_and_there_are_enough(kind: str) -> None:
    assert deliveries(kind) == fixture_names(kind)
    assert len(deliveries(kind)) >= FEWEST
    assert "ticket" in fixture(kind, URGENT), "the live promises need a ticket to seed the sandbox with"


def test_there_are_enough_goldens_in_all() -> None:
    assert len(RECORDED) >= FEWEST_OF_ALL


@every_kind
def test_what_a_helpdesk_cannot_do_is_said_in_sentences(kind: str) -> None:
    for ability, why in connector(kind).cannot.items():
        assert len(why.split()) >= 5 and why[0].isupper() and why.endswith("."), f"{ability}: {why!r} is no sentence"


def test_a_helpdesk_nobody_knows_is_refused_with_those_that_are() -> None:
    with pytest.raises(GiveUp, match=", ".join(kinds())):
        connect(connection("imaginary"), next(iter(mappings().values())))


# Goldens: one recorded delivery beside what it means


@every_delivery
def test_golden(kind: str, name: str) -> None:
    expected = fixture(kind, f"{name}.expected")
    became = judged(connector(kind), inbound(fixture(kind, name)))
    assert not isinstance(became, Unreadable)
    assert plain(became) == expected
    arrival = connector(kind).arrival(inbound(fixture(kind, name)))
    assert arrival.event == expected["event"]
    assert arrival.ticket_id == expected.get("ticket_id", arrival.ticket_id)


@every_delivery
def test_a_preview_shows_what_the_delivery_becomes(kind: str, name: str) -> None:
    delivery = fixture(kind, name)
    if "body" in delivery and not delivery.get("query"):
        shown, became = preview(mappings()[kind], delivery["body"]), connector(kind).change(inbound(delivery))
        assert shown.kind == ("ignored" if isinstance(became, Ignored) else "change")
        assert shown.change and shown.change.event == became.event
        if isinstance(became, TicketChange) and isinstance(shown.change, TicketChange):
            assert (shown.change.ticket_id, shown.change.kind) == (became.ticket_id, became.kind)


@every_kind
@pytest.mark.parametrize("payload", [None, 7, "7", [], [{}], {}, {"id": 7}])
def test_a_preview_never_fails(kind: str, payload: object) -> None:
    shown = preview(mappings()[kind], payload)
    assert (shown.kind == "unreadable") == any(problem.remedy for problem in shown.problems)


@every_kind
def test_the_connections_own_name_is_told(kind: str) -> None:
    became = connector(kind, id="acme-eu").change(inbound(fixture(kind, URGENT)))
    assert isinstance(became, TicketChange)
    assert (became.connection, became.kind) == ("acme-eu", ChangeKind.CREATED)


@every_kind
def test_a_ticket_nobody_has_read_is_read(kind: str) -> None:
    helpdesk = connector(kind)
    became = helpdesk.change(inbound(fixture(kind, URGENT)))
    assert isinstance(became, TicketChange)
    assert helpdesk.needs_read(became, None)


# Keys


@every_delivery
def test_the_key_is_the_same_for_the_same_delivery(kind: str, name: str) -> None:
    request = inbound(fixture(kind, name))
    assert connector(kind).arrival(request) == connector(kind, id="again").arrival(request)


@every_kind
def test_other_deliveries_have_other_keys(kind: str) -> None:
    arrived = [connector(kind).arrival(inbound(fixture(kind, name))) for name in deliveries(kind)]
    again = samples.fresh(fixture(kind, URGENT), _ticket(arrived, kind), NOW, new_ticket="4711")
    keys = [arrival.key for arrival in arrived]
    assert len(set(keys)) == len(keys)
    assert connector(kind).arrival(inbound(again)).key not in keys


def _ticket(arrived: list[Arrival], kind: str) -> str:
    return arrived[deliveries(kind).index(URGENT)].ticket_id


# Proof


def refused(helpdesk: Helpdesk, request: Inbound, now: datetime = NOW) -> None:
    with pytest.raises(BadSignature) as bad:
        helpdesk.verify(request, now)
    assert PLAY_SECRET not in str(bad.value) and PLAY_TOKEN not in str(bad.value)


@every_delivery
def test_a_signed_delivery_is_accepted(kind: str, name: str) -> None:
    delivery = fresh(kind, name)
    headers = {**delivery.get("headers", {}), **sign(kind, raw(delivery), PLAY_SECRET, NOW)}
    connector(kind).verify(asked(headers, raw(delivery), delivery.get("query")), NOW)


@every_kind
@pytest.mark.parametrize("body", [*NO_OBJECT.values(), "naïve ☃ 🎟".encode(), bytes(range(256))])
def test_every_byte_counts_whatever_it_means(kind: str, body: bytes) -> None:
    connector(kind).verify(asked(sign(kind, body, PLAY_SECRET, NOW), body), NOW)
    refused(connector(kind), asked(sign(kind, body, PLAY_SECRET + "x", NOW), body))


@every_kind
@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_proof_is_refused(kind: str, forged: str) -> None:
    body = raw(fresh(kind))
    genuine = sign(kind, body, PLAY_SECRET, NOW)
    proofs = [name for name in genuine if name.lower() != "content-type"]
    assert proofs
    for name in proofs:
        value = FORGED[forged](genuine[name])
        headers = {**genuine, name: value} if value is not None else {n: v for n, v in genuine.items() if n != name}
        refused(connector(kind), asked({n: v for n, v in headers.items() if v is not None}, body))
    refused(connector(kind), asked({}, body))


@every_kind
def test_both_secrets_of_a_rotation_hold_and_an_old_one_no_longer(kind: str) -> None:
    body = raw(fresh(kind))
    signed = {secret: asked(sign(kind, body, secret, NOW), body) for secret in ("new", "old", "older", "")}
    rotating = connector(kind, secrets=(SecretStr("new"), SecretStr("old"), SecretStr("")))
    for secret in ("new", "old"):
        rotating.verify(signed[secret], NOW)
    for secret in ("older", ""):
        refused(rotating, signed[secret])
    for secrets in ((SecretStr("new"),), (SecretStr(""),), ()):
        refused(connector(kind, secrets=secrets), signed["old"])
        refused(connector(kind, secrets=secrets), signed[""])


@every_kind
def test_a_changed_body_is_refused_or_said_to_be_accepted(kind: str) -> None:
    body = raw(fresh(kind))
    changed = asked(sign(kind, body, PLAY_SECRET, NOW), body + b" ")
    if "signed webhooks" in connector(kind).cannot:
        connector(kind).verify(changed, NOW)
    else:
        refused(connector(kind), changed)


@every_kind
def test_a_delivery_of_two_days_ago_is_refused_or_said_to_be_accepted(kind: str) -> None:
    body = raw(fresh(kind))
    request = asked(sign(kind, body, PLAY_SECRET, NOW), body)
    if "no time" in connector(kind).cannot.get("signed webhooks", ""):
        connector(kind).verify(request, NOW + timedelta(days=2))
    else:
        refused(connector(kind), request, NOW + timedelta(days=2))
        refused(connector(kind), request, NOW - timedelta(days=2))


# Whatever comes: a change, Ignored, Unreadable, and never anything else


@every_kind
@pytest.mark.parametrize("case", NO_OBJECT)
def test_what_is_no_object_is_unreadable_unless_the_address_names_the_ticket(kind: str, case: str) -> None:
    helpdesk = connector(kind)
    assert isinstance(judged(helpdesk, asked({}, NO_OBJECT[case])), Unreadable)
    became = judged(helpdesk, asked({}, NO_OBJECT[case], {"ticket_id": "7", "event": "escalation_requested"}))
    assert isinstance(became, TicketChange)
    assert (became.ticket_id, became.kind) == ("7", ChangeKind.ESCALATION_REQUESTED)


@pytest.mark.slow
@every_kind
def test_one_thing_missing_or_of_the_wrong_type_at_every_place(kind: str) -> None:
    helpdesk = connector(kind)
    outcomes = {type(judged(helpdesk, asked({}, written(body)))) for body in spoiled(fixture(kind, URGENT)["body"])}
    assert TicketChange in outcomes and Unreadable in outcomes


@every_delivery
def test_nulls_everywhere(kind: str, name: str) -> None:
    delivery = fixture(kind, name)
    if "body" in delivery:
        judged(connector(kind), asked(delivery.get("headers", {}), written(nulls(delivery["body"]))))


@every_kind
def test_very_long_texts_with_html_and_emoji(kind: str) -> None:
    body = fixture(kind, URGENT)["body"]
    texts = [where for where in places(body) if isinstance(at(body, where), str)]
    longest = sorted(texts, key=lambda where: -len(at(body, where)))
    for long in LONG:
        judged(connector(kind), asked({}, written(put(body, longest[0], long))))
    for where in longest[:10]:
        judged(connector(kind), asked({}, written(put(body, where, LONG[1]))))


@pytest.mark.slow
@every_kind
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_json(kind: str, data: st.DataObject) -> None:
    recorded = tuple(delivery["body"] for name in deliveries(kind) if "body" in (delivery := fixture(kind, name)))
    judged(connector(kind), asked({}, data.draw(bodies(recorded)), data.draw(QUERIES)))


@every_kind
@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=200), query=QUERIES, form=st.booleans())
def test_any_bytes(kind: str, body: bytes, query: dict[str, str], form: bool) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded" if form else "application/json"}
    judged(connector(kind), asked(headers, body, query))

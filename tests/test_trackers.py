"""One contract for every tracker, against its play-tracker over HTTP: filing, links, comments and closing, proofs, bad input."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from config.connections import PLAY_SECRET
from config.settings import load
from config.trackers import TRACKERS, trackers
from connectors.signatures import hex_sha256
from escalation.actions import Line, Note
from escalation.bug import BugLink, Filed
from escalation.ports import BadSignature, GiveUp, Inbound, News, NewsKind, Tracker, TryLater, Unreadable
from escalation.ticket import Ignored
from tests.tracker_play import Yard, playing

EVIL = "@everyone ![x](http://evil.example/a.png) <script>alert(1)</script> ``` {{x}} #1"
NOTE = Note(
    "b_00001",
    "ERR-5021 in export: Export fails",
    (Line("Environment", "Chrome 126"), Line("Impact", EVIL)),
    (
        ("Steps to reproduce", (Line("", "1. Open\n2. Export"),)),
        ("Linked tickets", (Line("zendesk 1", "Export https://x.test/1"),)),
    ),
    "https://baton.test/handoffs/h_1",
)
LINK = BugLink("zendesk", "77", "h_2", "Export broken", "Acme, enterprise", "https://acme.test/tickets/77")
SIGNED = {  # header, its prefix
    "github": ("x-hub-signature-256", "sha256="),
    "linear": ("linear-signature", ""),
    "jira": ("x-hub-signature", "sha256="),
}


@pytest.fixture(scope="module")
def _yard(postgres: str) -> Iterator[Yard]:
    from tests import databases

    with databases.empty(postgres) as url, playing(url, TRACKERS) as made:
        yield made


@pytest.fixture
def yard(_yard: Yard) -> Iterator[Yard]:
    _yard.empty()
    yield _yard
    _yard.empty()


@pytest.fixture(params=TRACKERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def newest(yard: Yard, tracker: Tracker) -> News | Ignored:
    return tracker.change(yard.heard[-1])


def test_a_filed_bug_is_there_whole_and_found_again(yard: Yard, name: str) -> None:
    tracker = yard.tracker(name)
    assert tracker.name == name
    assert tracker.find(NOTE.key) is None
    filed = tracker.file(NOTE)
    (bug,) = yard.bugs(name)
    assert bug["title"] == NOTE.title and bug["key"] == filed.key
    for text in ("Chrome 126", "1. Open\n2. Export", "https://baton.test/handoffs/h_1", "Baton ref b_00001"):
        assert text in bug["body"], text
    assert filed.url.startswith("http")
    assert tracker.find(NOTE.key) == filed
    assert tracker.find("b_0000") is None and tracker.find("b_000012") is None, "a mark is whole or it is none"


def test_a_customers_words_stay_words(yard: Yard, name: str) -> None:
    yard.tracker(name).file(NOTE)
    (bug,) = yard.bugs(name)
    if "adf" in bug:
        texts = [node for node in nodes(bug["adf"]) if node.get("type") == "text"]
        assert any(EVIL in node["text"] and not node.get("marks") for node in texts)
        assert {node["type"] for node in nodes(bug["adf"])} <= {"doc", "paragraph", "heading", "text", "codeBlock", "hardBreak"}
    else:
        assert f"````text\n{EVIL}\n````" in bug["body"], "inside a fence longer than its own"


def nodes(adf: Any) -> Iterator[dict[str, Any]]:
    yield adf
    for inner in adf.get("content", ()):
        yield from nodes(inner)


def test_a_ticket_is_linked_once_also_after_an_unclear_failure(yard: Yard, name: str) -> None:
    tracker = yard.tracker(name)
    filed = tracker.file(NOTE)
    mark = "b_00001:zendesk:77"
    tracker.link(filed, LINK, mark, look_first=False)
    tracker.link(filed, LINK, mark, look_first=True)
    (bug,) = yard.bugs(name)
    shown = [*bug["links"], *bug["comments"]]
    assert len(shown) == 1
    assert LINK.url in json.dumps(shown) and "Acme, enterprise" in json.dumps(shown)
    tracker.link(
        filed, dataclasses.replace(LINK, ticket_id="7", url="https://acme.test/tickets/7"), "b_00001:zendesk:7", look_first=True
    )
    (bug,) = yard.bugs(name)
    assert len([*bug["links"], *bug["comments"]]) == 2


def test_a_comment_and_closing_are_news_of_the_bug(yard: Yard, name: str) -> None:
    tracker = yard.tracker(name)
    filed = tracker.file(NOTE)
    told = []
    for do, text in (("comment", "Fixed in 4.2?"), ("close", ""), ("reopen", "")):
        yard.act(name, filed.id, do, text)
        request = yard.heard[-1]
        tracker.verify(request, datetime.now(UTC))
        assert tracker.arrival(request).ticket_id == filed.id
        told.append(newest(yard, tracker))
    comment, closed, reopened = told
    assert isinstance(comment, News) and isinstance(closed, News) and isinstance(reopened, News)
    assert (comment.kind, comment.text, comment.who, comment.own) == (NewsKind.COMMENT, "Fixed in 4.2?", "Edda Engineer", False)
    assert (closed.kind, reopened.kind) == (NewsKind.CLOSED, NewsKind.REOPENED)
    assert {n.bug_id for n in (comment, closed, reopened)} == {filed.id}
    assert len({n.key for n in (comment, closed, reopened)}) == 3
    assert closed.at and reopened.at and closed.at <= reopened.at


def test_our_own_comment_is_no_news(yard: Yard, name: str) -> None:
    tracker = yard.tracker(name)
    filed = tracker.file(NOTE)
    yard.act(name, filed.id, "comment", "One more ticket\n\nBaton ref b_00001:zendesk:77")
    own = newest(yard, tracker)
    assert isinstance(own, News) and own.own
    yard.act(name, filed.id, "comment", "> Baton ref b_00001:zendesk:77\n\nWhich browser?")
    answer = newest(yard, tracker)
    assert isinstance(answer, News) and not answer.own


def test_deliveries_have_keys_of_their_own(yard: Yard, name: str) -> None:
    tracker = yard.tracker(name)
    filed = tracker.file(NOTE)
    yard.act(name, filed.id, "comment", "one")
    yard.act(name, filed.id, "comment", "two")
    one, two = (tracker.arrival(request) for request in yard.heard[-2:])
    assert one.key and two.key and one.key != two.key
    assert tracker.arrival(yard.heard[-1]) == two
    bare = dataclasses.replace(yard.heard[-1], headers={})
    assert tracker.arrival(bare).key.startswith("body:"), "without the tracker's id the bytes are the key"


def signed(name: str, body: bytes, secret: str = PLAY_SECRET) -> Inbound:
    header, prefix = SIGNED[name]
    return Inbound({header: prefix + hex_sha256(secret, body)}, body, {})


def stamped(at: datetime) -> bytes:
    return json.dumps({"webhookTimestamp": int(at.timestamp() * 1000)}).encode()


def test_signatures(yard: Yard, name: str) -> None:
    tracker, now = yard.tracker(name), datetime.now(UTC)
    body = stamped(now)
    good = signed(name, body)
    header, prefix = SIGNED[name]
    tracker.verify(good, now)
    wrong = [
        dataclasses.replace(good, body=body + b" "),
        dataclasses.replace(good, headers={}),
        dataclasses.replace(good, headers={header: ""}),
        dataclasses.replace(good, headers={header: prefix}),
        dataclasses.replace(good, headers={header: "é\udcff"}),
        signed(name, body, "another secret"),
    ]
    wrong += [dataclasses.replace(good, headers={header: good.headers[header].removeprefix(prefix)})] if prefix else []
    for one in wrong:
        with pytest.raises(BadSignature) as refused:
            tracker.verify(one, now)
        assert PLAY_SECRET not in str(refused.value) and good.headers[header] not in str(refused.value)
    with pytest.raises(BadSignature):
        yard.tracker(name, secrets=()).verify(good, now)
    both = yard.tracker(name, secrets=(SecretStr("new"), SecretStr(PLAY_SECRET)))
    both.verify(good, now)


def test_linear_refuses_what_is_old(yard: Yard) -> None:
    tracker, now = yard.tracker("linear"), datetime.now(UTC)
    for age in (timedelta(minutes=2), timedelta(minutes=-2)):
        with pytest.raises(BadSignature):
            tracker.verify(signed("linear", stamped(now - age)), now)
    for body in (b"{}", b"[]", b"no json", b'{"webhookTimestamp": "soon"}', b'{"webhookTimestamp": 1e400}'):
        with pytest.raises(BadSignature):
            tracker.verify(signed("linear", body), now)


BAD = [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"[" * 100_000]


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
def test_what_is_no_json_object_is_unreadable(yard: Yard, name: str, body: bytes) -> None:
    tracker = yard.tracker(name)
    for read in (tracker.arrival, tracker.change):
        with pytest.raises(Unreadable):
            read(Inbound({}, body, {}))


def test_any_part_may_be_missing_or_of_another_kind(yard: Yard, name: str) -> None:
    tracker = yard.tracker(name)
    filed = tracker.file(NOTE)
    for do, text in (("comment", "x"), ("close", "")):
        yard.act(name, filed.id, do, text)
        whole = json.loads(yard.heard[-1].body)
        for broken in broken_of(whole):
            request = Inbound({}, json.dumps(broken).encode(), {})
            tracker.arrival(request)
            try:
                assert isinstance(tracker.change(request), News | Ignored)
            except Unreadable as wrong:
                assert str(wrong)


def broken_of(whole: Any) -> Iterator[Any]:
    """The payload with each value in turn left out, and replaced by others."""
    for key, value in whole.items():
        yield {k: v for k, v in whole.items() if k != key}
        others: list[Any] = [None, 7, "x", [], {}, [{}], True]
        for other in others:
            yield {**whole, key: other}
        if isinstance(value, dict):
            for inner in broken_of(value):
                yield {**whole, key: inner}


def test_wrong_credentials_are_for_a_person(yard: Yard, name: str) -> None:
    tracker = yard.tracker(name, token=SecretStr("wrong"))
    with pytest.raises(GiveUp) as refused:
        tracker.file(NOTE)
    assert "401" in str(refused.value) or "authenticat" in str(refused.value).lower()
    assert "wrong" not in str(refused.value).replace("something went wrong", "")
    assert tracker.check() and name in tracker.check()[0]


def test_what_is_set_up_well_has_no_problems(yard: Yard, name: str) -> None:
    assert yard.tracker(name).check() == ()
    assert yard.tracker(name, project="").check(), "no project"
    assert yard.tracker(name, secrets=()).check(), "no secret for webhooks"
    assert yard.tracker(name, project="NOSUCH/nosuch").check(), "no such project"


@pytest.mark.parametrize("fault", ["rate_429", "rate_500", "rate_drop_after_write"])
def test_faults_are_tried_later_and_nothing_is_filed_twice(yard: Yard, name: str, fault: str) -> None:
    tracker = yard.tracker(name)
    tracker.file(dataclasses.replace(NOTE, key="b_before"))  # Linear asks for its team once
    yard.faults(name, **{fault: 1.0})
    with pytest.raises(TryLater) as late:
        tracker.file(NOTE)
    yard.faults(name)
    assert late.value.unclear is (fault != "rate_429")
    found = tracker.find(NOTE.key)
    assert (found is not None) is (fault == "rate_drop_after_write")
    assert found or tracker.file(NOTE)
    assert len(yard.bugs(name)) == 2


# --- which trackers there are ---------------------------------------------------------------------------------------------


def names(**settings: Any) -> dict[str, bool]:
    return {account.name: account.sandbox for account in trackers(load(_env_file=None, **settings))}


def test_trackers_are_played_where_nothing_is_real() -> None:
    assert names() == {"github": True, "linear": True, "jira": True}
    assert names(zendesk_api_token="t", zendesk_url="https://a.test") == {}
    assert names(github_token="t") == {"github": False}
    assert names(github_token="t", sandbox=True) == {"github": False, "linear": True, "jira": True}
    assert names(linear_api_key="t", jira_api_token="t") == {"linear": False, "jira": False}


def test_a_real_tracker_is_not_fed_by_play_helpdesks() -> None:
    from config.connections import from_settings

    connections, chat = from_settings(load(_env_file=None, github_token="t"))
    assert connections == () and not chat.sandbox


def test_an_answer_without_an_address_is_no_bug(yard: Yard) -> None:
    from trackers.kit import https

    for url in (None, "", "javascript:alert(1)", 7):
        with pytest.raises(GiveUp):
            https(url)
    assert Filed("1", "#1", https("https://x.test/1"))

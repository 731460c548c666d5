"""What bots are sent: signed after Standard Webhooks, to the address an admin set and nowhere else, again when it failed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
from standardwebhooks import Webhook, WebhookVerificationError

from config import bots
from config.bots import BotAccount
from config.settings import SettingsProblem, load
from connectors.bots import BotWebhooks, signature
from docs.examples import hand_over
from escalation.parts import NoBots
from escalation.ports import GiveUp, TryLater
from tests.listener import SECRET, Listener, listening

OLD = "whsec_" + base64.b64encode(b"another of thirty-two bytes .....").decode()
BODY = json.dumps(
    {"type": "handoff.solved", "timestamp": "2026-03-02T09:00:00Z", "data": {"text": "Grüße 😀"}}, ensure_ascii=False
)


def now() -> datetime:
    """The receiver's library takes five minutes at most, so it is asked anew for each event."""
    return datetime.now(UTC)


@pytest.fixture
def bot() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def told(bot: Listener, *secrets: str, **more: Any) -> tuple[dict[str, str], bytes]:
    """What the bot hears of one event."""
    account = BotAccount((bot.url,), tuple(map(bots.secret, secrets or (SECRET,))), **more)
    BotWebhooks(account, timeout_s=2.0).tell(bot.url, "msg_1", BODY, now())
    return bot.heard[-1]


def test_the_specifications_own_example() -> None:
    """https://github.com/standard-webhooks/standard-webhooks, spec and test of its libraries."""
    key = bots.secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    signed = signature((key,), "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_standards_own_library_verifies_it(bot: Listener) -> None:
    headers, raw = told(bot)
    assert Webhook(SECRET).verify(raw, headers) == json.loads(BODY)
    assert (headers["webhook-id"], headers["content-type"]) == ("msg_1", "application/json")
    assert hand_over.verify(SECRET, headers, raw) == json.loads(BODY)


@pytest.mark.parametrize(
    "change",
    [{"webhook-id": "msg_2"}, {"webhook-timestamp": "a second later"}, {"webhook-signature": "v1,AAAA"}, {}],
)
def test_a_tampered_one_does_not(bot: Listener, change: dict[str, str]) -> None:
    headers, raw = told(bot)
    if "webhook-timestamp" in change:
        change = {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}
    raw = raw if change else raw.replace(b"solved", b"closed")
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(raw, headers | change)
    with pytest.raises(ValueError, match="wrong"):
        hand_over.verify(SECRET, headers | change, raw)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(*told(bot)[::-1])


def test_an_old_one_is_refused(bot: Listener) -> None:
    account = BotAccount((bot.url,), (bots.secret(SECRET),))
    BotWebhooks(account).tell(bot.url, "msg_1", BODY, now() - timedelta(minutes=6))
    headers, raw = bot.heard[-1]
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(raw, headers)
    with pytest.raises(ValueError, match="too old"):
        hand_over.verify(SECRET, headers, raw)


def test_during_a_rotation_both_secrets_verify(bot: Listener) -> None:
    headers, raw = told(bot, SECRET, OLD)
    for secret in (SECRET, OLD):
        assert Webhook(secret).verify(raw, headers) and hand_over.verify(secret, headers, raw)


@pytest.mark.parametrize("status", [400, 401, 404, 409, 429, 500, 503])
def test_what_it_does_not_take_comes_again(bot: Listener, status: int) -> None:
    bot.status, bot.headers = status, {"Retry-After": "7"}
    with pytest.raises(TryLater) as caught:
        told(bot)
    assert caught.value.wait == timedelta(seconds=7) and str(status) in str(caught.value)


def test_gone_and_redirects_are_for_a_person_and_not_followed(bot: Listener) -> None:
    for status, words in ((410, "wants no more"), (301, "redirect"), (307, "redirect"), (308, "redirect")):
        bot.status, bot.headers = status, {"Location": bot.url}
        before = len(bot.heard)
        with pytest.raises(GiveUp, match=words):
            told(bot)
        assert len(bot.heard) == before + 1


def test_nobody_there_and_no_answer_come_again() -> None:
    account = BotAccount(("http://127.0.0.1:1/hook",), (bots.secret(SECRET),))
    with pytest.raises(TryLater):
        BotWebhooks(account, timeout_s=1.0).tell("http://127.0.0.1:1/hook", "msg_1", BODY, now())
    unknown = "https://no-such-host.invalid/hook"
    with pytest.raises(TryLater, match="cannot be found"):
        BotWebhooks(BotAccount((unknown,), account.secrets)).tell(unknown, "msg_1", BODY, now())


def test_an_answer_is_never_read(bot: Listener) -> None:
    with responses.RequestsMock() as vendor:
        address = "http://127.0.0.1:9/hook"
        vendor.post(address, body=b"secret words of an inner page", status=500)
        with pytest.raises(TryLater) as caught:
            BotWebhooks(BotAccount((address,), (bots.secret(SECRET),))).tell(address, "msg_1", BODY, now())
    assert "secret words" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "private", "refused"),
    [
        ("10.0.0.7", False, "private address"),
        ("192.168.1.1", False, "private address"),
        ("[fd00::1]", False, "private address"),
        ("[::ffff:10.0.0.7]", False, "private address"),
        ("169.254.169.254", False, "no bot can be"),
        ("169.254.169.254", True, "no bot can be"),
        ("[::ffff:169.254.169.254]", True, "no bot can be"),
        ("0.0.0.0", True, "no bot can be"),  # noqa: S104 - the point
        ("127.0.0.1", False, ""),
        ("10.0.0.7", True, ""),
        ("93.184.216.34", False, ""),
    ],
)
def test_private_networks_are_reached_only_when_meant(host: str, private: bool, refused: str) -> None:
    address = f"https://{host}/hook"
    webhooks = BotWebhooks(BotAccount((address,), (bots.secret(SECRET),), private))
    with responses.RequestsMock(assert_all_requests_are_fired=not refused) as vendor:
        vendor.post(address, status=204)
        if refused:
            with pytest.raises(GiveUp, match=refused):
                webhooks.tell(address, "msg_1", BODY, now())
            assert len(vendor.calls) == 0
        else:
            webhooks.tell(address, "msg_1", BODY, now())


def test_a_name_that_leads_home_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.bots.socket.getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("127.0.0.1", 0))])
    address = "https://bot.example/hook"
    with pytest.raises(GiveUp, match="private address"):
        BotWebhooks(BotAccount((address,), (bots.secret(SECRET),))).tell(address, "msg_1", BODY, now())


def test_only_addresses_of_the_settings_are_told() -> None:
    for webhooks in (BotWebhooks(BotAccount()), NoBots()):
        with pytest.raises(GiveUp, match="not configured any more"):
            webhooks.tell("https://bot.example/hook", "msg_1", BODY, now())
    large = BotWebhooks(BotAccount(("https://bot.example/hook",), (bots.secret(SECRET),)))
    with pytest.raises(GiveUp, match="more than"):
        large.tell("https://bot.example/hook", "msg_1", "x" * 300_000, now())


def test_settings() -> None:
    good: dict[str, Any] = {"bot_webhook_urls": "https://a.example/x, https://b.example/y", "bot_webhook_secret": SECRET}
    settings = load(_env_file=None, **good, bot_webhook_secret_old=OLD)
    assert settings.bots.addresses == ("https://a.example/x", "https://b.example/y")
    assert settings.bots.secrets == (bots.secret(SECRET), bots.secret(OLD))
    assert load(_env_file=None).bots == BotAccount()
    load(_env_file=None, bot_webhook_urls="http://localhost:9/x", bot_webhook_secret=SECRET)
    load(_env_file=None, bot_webhook_urls="http://10.0.0.7/x", bot_webhook_secret=SECRET, bot_webhook_private=True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bot_webhook_secret": ""}, "needs BOT_WEBHOOK_SECRET"),
        ({"bot_webhook_secret": "whsec_short"}, "random bytes"),
        ({"bot_webhook_secret": SECRET.removeprefix("whsec_")}, "random bytes"),
        ({"bot_webhook_urls": "http://a.example/x"}, "use https"),
        ({"bot_webhook_urls": "ftp://a.example/x"}, "an address is https"),
        ({"bot_webhook_urls": "https://me:pw@a.example/x"}, "an address is https"),
    ],
)
def test_wrong_settings_are_told_with_the_remedy_and_without_the_secret(change: dict[str, str], words: str) -> None:
    told: dict[str, Any] = {"bot_webhook_urls": "https://a.example/x", "bot_webhook_secret": SECRET, **change}
    with pytest.raises(SettingsProblem, match=words) as caught:
        load(_env_file=None, **told)
    assert SECRET not in str(caught.value) and "short" not in str(caught.value)

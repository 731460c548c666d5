"""Payment cards, passwords and keys are hidden however they are written; what only looks like one can still be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.secrets import mask
from escalation.thread import clean
from tests.support import quickest

FOURS = ("4242",) * 4
WIDE = str.maketrans("0123456789", "".join(chr(0xFF10 + digit) for digit in range(10)))
ARABIC = str.maketrans("0123456789", "".join(chr(0x660 + digit) for digit in range(10)))
PARTED_BY = [
    "",
    " ",
    "  ",
    "\t",
    " \t ",
    "\n",
    "\r\n",
    " \n",
    "\xa0",
    "\u2009",
    "\u202f",
    "\u3000",
    "-",
    " - ",
    "\u2010",
    "\u2011",
]
PARTED_BY += ["\u2012", "\u2013", "\u2014", "\u2212", "\uff0d", "/", " / ", "_", ".", "\u00b7", "\u200b", "\u2060"]


@pytest.mark.parametrize("part", PARTED_BY, ids=ascii)
@pytest.mark.parametrize("digits", [{}, WIDE, ARABIC], ids=["ascii", "full width", "arabic"])
def test_a_card_is_hidden_however_its_groups_are_parted(part: str, digits: dict[int, int]) -> None:
    number = part.join(FOURS).translate(digits)
    assert mask(f"My card is {number}, exp. 12/29") == "My card is [card ending 4242], exp. 12/29"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("card 4111 1111 1111 1111 please", "card [card ending 1111] please"),
        ("card 4111111111111111 12/29 123", "card [card ending 1111] 12/29 123"),
        ("2 4111 1111 1111 1111 0", "2 [card ending 1111] 0"),
        ("4111.1111.1111.1111 and 5555555555554444.", "[card ending 1111] and [card ending 4444]."),
        ("4111 1111 1111 1111 5555 5555 5555 4444", "[card ending 1111] [card ending 4444]"),
        ("4111 1111 1111 1111\n" * 6, "[card ending 1111]\n" * 6),
        ("4242424242424242/5555555555554444", "[card ending 4242]/[card ending 4444]"),
        ("4242 4242\n4242 4242", "[card ending 4242]"),
        ("4242 4242 4242 4242 3rd try", "[card ending 4242] 3rd try"),
        ("4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2", "[card ending 4242]"),
        ("4242 42 42 4242 4242", "[card ending 4242]"),
        ("3782 822463 10005 or 378282246310005", "[card ending 0005] or [card ending 0005]"),
        ("3782\n822463\n10005", "[card ending 0005]"),
        ("2223 0031 2200 3222", "[card ending 3222]"),
        ("3056 930902 5904, 6011 1111 1111 1117", "[card ending 5904], [card ending 1117]"),
        ("card_4242_4242_4242_4242, Visa-4242 4242 4242 4242", "card_[card ending 4242], Visa-[card ending 4242]"),
        ("-4242 4242 4242 4242", "-[card ending 4242]"),
        (
            "ES91 2100 0418 4502 0005 1332 4242 4242 4242 4242",
            "ES91 2100 0418 4502 0005 1332 [card ending 4242]",
        ),
        ("CVC: 123, cvv2 1234", "CVC: [hidden], cvv2 [hidden]"),
    ],
)
def test_cards(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask(masked) == masked


NO_CARDS = [
    "build 10.0.19045.4291",
    "1 " * 40,
    "order 3348917502",
    "tracking 4111111111111112",  # the check digit is wrong
    "INV-4111111111111111",
    "orders 40012345\n40012346\n40012347",
    "+4915112345678, +49 170 4242424, 040 12345678 / 0170 1234567",
    "+4000056655665556",  # a right check digit, but a telephone's
    "555-010-2345 555-010-9876",
    "DE89 3704 0044 0532 0130 00",
    "GB29 NWBK 6016 1331 9268 19",
    "FR76 3000 6000 0112 3456 7890 189",
    "30.01.2024 31.01.2024 01.02.2024",
    "2024-01-15\n2024-02-16\n2024-03-17",
    "30/01/2024, 31/01/2024",
    "5 4 3 2 5 5 4 4 3 5 4 4 5 5 3 4 4 3 2 1 4 5",  # how satisfied they were
    "9400 1000 0000 0000 0000 00 and 1Z999AA10123456784",
    "550e8400-e29b-41d4-a716-446655440000",
    "2026-03-02T09:00:00.123456Z took 4242 ms",
    "see https://acme.example/orders/2026/03/02/4711",
]


@pytest.mark.parametrize("text", NO_CARDS)
def test_other_numbers_stay(text: str) -> None:
    assert mask(text) == text


KEY = "MIIEowIBAAKCAQEA75kpPYbOQ2zW\nc3RpbGwgYSBrZXk\nabc+/=="
SECRETS = [  # what stands before it, the secret, what stands behind it
    ("my password is ", "Winter-2025!", ""),
    ("my password was ", "hunter22", " until today"),
    ("Password: ", "hunter", " and more"),
    ("Password:\n", "hunter2", "\nthanks"),
    ("**Password:** ", "hunter2", ""),
    ("Password for bob: ", "hunter2", ""),
    ("MYSQL_PASSWORD=", "abcd", ""),
    ("passwd: ", "abcdef", ""),
    ("bob/pass: ", "hunter22", ""),
    ("$pwd = ", "'two words'", ";"),
    ("Passphrase: ", "„drei rote Rosen“", "."),
    ("Kennwort: ", "geheim1", ""),
    ("Das Passwort lautet ", "Winter2025", ""),
    ("Zugangscode: ", "4711-abc", ""),
    ("API-Schlüssel: ", "abcdef123", ""),
    ("Mot de passe : ", "azerty", ""),
    ("mdp: ", "azerty12", ""),
    ("le mot de passe est ", "azerty12", ""),
    ("clé API : ", "abc123def", ""),
    ("contraseña: ", "secreto", ""),
    ("contrasen\u0303a: ", "secreto", ""),
    ("clave: ", "abc123", ""),
    ("La password è ", "abc1234", ""),
    ("parola d'accesso: ", "sesamo", ""),
    ("chiave segreta: ", "sesamo", ""),
    ("senha: ", "abre-te", ""),
    ("palavra-passe: ", "abre-te", ""),
    ("chave de API: ", "abcdef12", ""),
    ("wachtwoord: ", "sesam", ""),
    ("geheime sleutel: ", "sesam", ""),
    ("client_secret=", "abcd1234efgh", ""),
    ('{"client_secret": ', '"abcd1234efgh"', ', "id": 7}'),
    ('{"password":', '"abc"', ',"user":"bob"}'),
    ("api key = ", "abcd1234", ""),
    ("x-api-key: ", "12345678", ""),
    ("token: ", "abc123def456", ""),
    ("token: ", "x" * 900, ""),
    ("Authorization: Bearer ", "abcdefghijklmnop1234", ""),
    ("Authorization: Basic ", "dXNlcjpwYXNzd29yZA==", ""),
    ("use ", "sk_live_abcdef123456", " here"),
    ("use ", "sk-proj-abc123def456ghi789jkl", " here"),
    ("token ", "xoxb-123456789-abcdef", ""),
    ("", "glpat-abcDEF123456ghiJKL78", ""),
    ("", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", ""),
    ("", "AIzaSyA1234567890abcdefghijklmnopqrstuv", ""),
    ("", "AKIAIOSFODNN7EXAMPLE", ""),
    ("", f"-----BEGIN RSA PRIVATE KEY-----\n{KEY}\n-----END RSA PRIVATE KEY-----", "\nWhy?"),
    ("", f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{KEY}\n-----END PGP PRIVATE KEY BLOCK-----", ""),
    ("", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\nQyNTUxOQAAACDXVkUvDLRQ5w", "\nWhy?"),  # cut
    ("postgres://u:", "p4ss", "@db/x"),
    ("postgres://u:", "p@4ss", "@db/x"),
    ("redis://:", "p4s/s", "@db:6379/0"),
    ("https://a.example/reset?user=1&token=", "abc", "#top"),
    ("https://a.example/cb?access_token=", "abc123", "&page=2"),
    ("https://hooks.slack.com/services/", "T000/B000/XXXXXXXX", ""),
]  # fmt: skip


@pytest.mark.parametrize(("before", "secret", "behind"), SECRETS, ids=[f"{row[0]}{row[1]}"[:40] for row in SECRETS])
def test_secrets_are_hidden_and_what_stands_around_them_stays(before: str, secret: str, behind: str) -> None:
    hidden = f"{before}[hidden]{behind}"
    assert mask(f"{before}{secret}{behind}") == hidden
    assert mask(hidden) == hidden, "what is hidden is shown again by the next border"
    assert mask(f"Hello, {before.upper()}{secret}{behind}") == f"Hello, {before.upper()}[hidden]{behind}"


NO_SECRETS = [
    "the password is wrong",
    "password reset link",
    "password policy: 8 characters",
    "Password: required",
    "secret: none",
    "Passwort: falsch",
    "Mein Kennwort: bitte zurücksetzen",
    "Passwortrücksetzung: Ticket 12345",
    "Mot de passe : oublié",
    "Palabra clave: factura2024",
    "You can reset your password: https://app.acme.example/reset",
    "the token expires",
    "Token: expired",
    "token_type: bearer",
    "max_tokens: 200000",
    "bearer of bad news, sorry",
    "the key: restart it",
    "Our public key: see the page",
    "secretary: Maria",
    "compass: north",
    "Boarding pass: Gate 12",
    "Keyboard: Logitech",
    "task-force-management-meeting-2024",
    "error_code=500&country_code=DE",
    "https://a.example/list?page=2",
    "http://localhost:3000/@mia and https://social.example/@mia",
    "-----BEGIN CERTIFICATE-----\nMIIEow\n-----END CERTIFICATE-----",
]


@pytest.mark.parametrize("text", NO_SECRETS)
def test_what_is_only_about_secrets_stays(text: str) -> None:
    assert mask(text) == text


def test_a_whole_message_is_cleaned_of_a_key_over_many_lines() -> None:
    block = f"-----BEGIN RSA PRIVATE KEY-----\n{KEY}\n-----END RSA PRIVATE KEY-----"
    assert clean(f"It fails with\n\n{block}\n\nWhy?\n\n-- \nMia") == "It fails with\n\n[hidden]\n\nWhy?"


@given(st.lists(st.sampled_from([*"0123456789 -/_.\n\t+", "4242", "DE89 ", "x", "\uff14"]), max_size=80).map("".join))
def test_what_was_masked_once_stays_as_it_is(text: str) -> None:
    assert mask(mask(text)) == mask(text)


HOSTILE = {
    "digits": "1" * 100_000,
    "groups": "4111 " * 20_000,
    "fours": "4 " * 50_000,
    "cards": "4242 4242 4242 4242 " * 5_000,
    "accounts": "DE89 4242 4242 4242 4242 " * 4_000,
    "almost a run": "1 2 3 4 5 6 7 8 9 0 1 2 x " * 4_000,
    "passwords": "password is " * 8_000,
    "for": "password for " * 8_000,
    "quotation marks": 'password: "' * 9_000,
    "keys": "key-" * 25_000,
    "shapes": "sk-" * 33_000,
    "tokens": "eyJaaaaaaaaaaa." * 6_000,
    "blocks": "-----BEGIN PRIVATE KEY-----" * 3_700,
    "logins": "://a:" * 20_000,
    "addresses": "?key" * 25_000,
    "blanks": "token" + " \n" * 50_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_linear_time(name: str) -> None:
    assert quickest(lambda: mask(HOSTILE[name]))[1] < 3.0  # measured: 1 to 200 ms; squared it would be minutes

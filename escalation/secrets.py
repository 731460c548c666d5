"""Secrets that people paste into tickets, hidden: payment cards, what follows the word password or token, keys of known shape.

In linear time: no pattern nests, what is looked ahead for is bounded, and a pattern is tried only where its words are.
"""

from __future__ import annotations

import re

from escalation.payment_cards import hide_cards

_UE, _OE, _E = "(?:ü|u\u0308|ue)", "(?:ö|o\u0308|oe)", "(?:é|e\u0301|e)"  # as Macs write them too
_ALONE = r"(?<![^\W_])"  # behind no letter or digit
_PASSWORD = "|".join(
    (
        rf"pass(?:word|code|phrase)s?|passwd|{_ALONE}(?:pwd?|mdp)|{_ALONE}(?<![^\W_] )pass",  # no boarding pass
        rf"passwort|passw{_OE}rter|kennwort|kennw{_OE}rter|mots? de passe|contrase(?:ñ|n\u0303|n)as?",
        rf"{_ALONE}senhas?|palavras?[ -]passe|parola d'(?:ordine|accesso)|wachtwoord(?:en)?",
        r"secrets?|(?:api|access|secret|private|account)[ _-]?keys?|access[ _-]?token",
        rf"(?:api|geheim|zugangs|zugriffs)-?(?:schl{_UE}ssel|code)|(?:api-?|geheime )sleutel|toegangscode",
        rf"cl(?:{_E}|ef) (?:secr[eè]te|d'api|api)|(?:clave|chave|chiave) (?:secreta|segreta|de acces?so|d'accesso|(?:de )?api)",
    )
)
_TOKEN = rf"token|jeton|{_ALONE}(?:(?<!palabra )clave|geheim(?:nis)?|secreto|segreto|segredo)"  # many things are called that
_HIDDEN_YET = r"\[(?:hidden\]|card ending)"
_FOR = r"(?: (?:for|für|pour|para|per|voor) [^\s:=]{1,40})?"  # password for bob: …
_IS = r"is|was|ist|war|lautet|est|était|es|era|è|é|foi"
_SIGN = rf"{_FOR}[\"'`*]{{0,3}}\s{{0,3}}(?:(?:{_IS})\b\s{{0,3}})?(?>:=|=>|[:=\uff1a])\*{{0,2}}+[ \t]{{0,8}}+\n?+[ \t]{{0,8}}+"
_QUOTED = r"\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|[“„«][^“”»\n]{1,200}[”“»]"
# Behind a colon: how it stands with the password, where to set another one.
_NO_PASSWORD = (
    rf"(?!{_HIDDEN_YET}|https?://|[\"']?(?:none|null|nil|undefined|true|false|missing|wrong|invalid|incorrect|expired|required|"
    r"optional|reset|changed|unknown|empty|forgotten|forgot|please|click|keine?s?|falsch|ungültig|abgelaufen|erforderlich|"
    r"vergessen|bitte|siehe|geändert|unbekannt|aucune?|incorrecte?|expirée?|oublié|requis|ningun[oa]|incorrect[oa]|olvidad[oa]|"
    r"caducad[oa]|nessun[oa]|errat[oa]|scadut[oa]|dimenticat[oa]|nenhum[oa]?|incorret[oa]|expirad[oa]|esquecid[oa]|geen|onjuist|"
    r"verlopen|vergeten)(?![^\s.,;!?)'\"]))"
)
_AFTER_WORD = re.compile(rf"(?i:((?:{_PASSWORD})(?:_\w{{1,30}})?{_SIGN}){_NO_PASSWORD}(?:{_QUOTED}|\S{{4,}}+))")
_TELLING = r"(?:(?=\S{0,80}\d)\S{6,}+|\S{20,}+)"
_AFTER_TOKEN = re.compile(rf"(?i:((?:{_TOKEN}){_SIGN}[\"']?+)(?!{_HIDDEN_YET}|https?://){_TELLING})")
_SAID = re.compile(  # "is wrong" hides nothing
    rf"(?i:((?:{_PASSWORD}|token) {{1,3}}(?:{_IS}) {{1,3}})(?!{_HIDDEN_YET}|https?://)(?=\S{{0,80}}\d)\S{{6,}}+)"
)
_BEARER = re.compile(
    r"(?i:\b(bearer\s{1,3}|authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:(?:basic|token|digest)\s{1,3})?))"
    r"(?:(?=[\w.~+/=-]{0,80}\d)[\w.~+/=-]{12,}+|[\w.~+/=-]{24,}+)"
)
_SHAPE = re.compile(
    r"\b(?:(?:sk|pk|rk)_(?:live|test)_\w{8,}+|whsec_[\w+/]{16,}+|sk-(?=[\w-]{0,80}\d)[\w-]{16,}+|"  # Stripe, OpenAI
    r"xox[a-z]-[\w-]{8,}+|xapp-[\w-]{8,}+|gh[pousr]_\w{20,}+|github_pat_\w{20,}+|gl[a-z]{2,4}-[\w-]{16,}+|"  # Slack, GitHub
    r"(?:AKIA|ASIA)[0-9A-Z]{16}\b|AIza[\w-]{20,}+|ya29\.[\w-]{20,}+|"  # Amazon, Google
    r"npm_\w{20,}+|pypi-[\w-]{20,}+|hf_\w{20,}+|shp[a-z]{2}_\w{20,}+|SG\.[\w-]{16,200}\.[\w-]{16,}+|"
    r"eyJ[\w-]{10,2000}\.[\w-]{10,2000}\.[\w-]{5,}+)"  # JSON Web Tokens
)
_KEY_BLOCK = re.compile(  # to its end, or what there is of it
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?:[^-]|-(?!----))*+-----END [A-Z0-9 ]{0,60}-----|(?:\s{0,4}[A-Za-z0-9+/=]{16,}+)*+)"
)
_IN_URL = re.compile(
    r"(?i:([?&#](?:token|key|sig|code|password|auth|session|secret|[\w-]{1,30}(?:token|key|password|secret))[\w-]{0,20}=)[^\s&#]+)"
)
_LOGIN = re.compile(r"(://[^\s/:@]{0,100}:)(?!\d{1,5}/)(?:[^\s/]{1,200}|[^\s@]{1,200})@")  # of a database, say
_HOOK = re.compile(r"(?i:(hooks\.slack\.com/(?:services|workflows|triggers)/)[\w/-]{8,}+)")
_CHECK_VALUE = re.compile(r"(?i:\b(cv[vc]2?\W{1,3})\d{3,4}\b)")  # the three digits on the back of a card

_WORDS: tuple[str, ...] = ("pass", "pwd", "pw", "mdp", "kennw", "contras", "senha", "wachtw", "secret", "api", "access", "d'acc")
_WORDS += ("private", "account key", "account-key", "account_key", "accountkey", "geheim", "zugang", "zugriff", "toegang")
_WORDS += ("clé", "cle\u0301", "clef", "clave", "chave", "chiave")
# What is looked for, and what a text (in small letters) must have of it; the shapes first, that they are hidden in one piece.
_KINDS = (
    (("private key",), _KEY_BLOCK, "[hidden]"),
    (("-", "_", "akia", "asia", "aiza", "ya29", "sg.", "eyj"), _SHAPE, "[hidden]"),
    (("hooks.slack",), _HOOK, r"\1[hidden]"),
    (("bearer", "authorization"), _BEARER, r"\1[hidden]"),
    (("://",), _LOGIN, r"\1[hidden]@"),
    (("=",), _IN_URL, r"\1[hidden]"),
    ((*_WORDS, "token"), _SAID, r"\1[hidden]"),
    (_WORDS, _AFTER_WORD, r"\1[hidden]"),
    (("token", "jeton", "clave", "geheim", "secreto", "segre"), _AFTER_TOKEN, r"\1[hidden]"),
    (("cvc", "cvv"), _CHECK_VALUE, r"\1[hidden]"),
)


def mask(text: str) -> str:
    """Payment cards shown by their last four digits, passwords and keys hidden."""
    text = hide_cards(text)
    small = text.casefold()  # which makes an s of a long one, as patterns do
    for words, pattern, shown in _KINDS:
        if any(word in small for word in words):
            text = pattern.sub(shown, text)
    return text

"""The sender's own words in an e-mail: no quoted tail, no signature, no confidentiality notice, but what was forwarded.

Own code, for the core takes no packages and none knows when a quotation is the matter itself (docs/decisions/0015).
"""

from __future__ import annotations

import re

# How mail programs introduce the message that is answered; \uff1a is the full-width colon of East Asian ones.
_QUOTE_HEAD = re.compile(
    r"(?i:^\s*(?:on|am|le|el|il|op|em|den|w dniu)\b.{4,200}(?:wrote|schrieb.{0,80}|a écrit|escribió|ha scritto|schreef.{0,80}|"
    r"escreveu|skrev.{0,80}|napisał)\s*:\s*$)|^.{0,60}\d{4}年\d{1,2}月\d{1,2}日.{0,100}[:\uff1a]\s*$"
)
_OLD_MAIL = re.compile(
    r"(?i:^\s*-{2,}\s*(?:original message|ursprüngliche nachricht|message d'origine|mensaje original|reply above).{0,40}$)|"
    r"^\s*_{20,}\s*$|^\s*#{2,}\s*-.{0,40}(?:above|reply).{0,40}-\s*#{2,}\s*$"
)
_MAIL_FROM = re.compile(r"(?i:^\s*\*?(?:from|von|de|da|van)\*?\s?:\s.{1,200}$)")
_MAIL_SENT = re.compile(r"(?i:^\s*\*?(?:sent|date|to|gesendet|an|envoyé|à|enviado|para|inviato|verzonden)\*?\s?:\s)")

_FORWARDED = re.compile(
    r"(?i:^\s*(?:-{2,} ?(?:forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado|"
    r"mensagem encaminhada|"
    r"messaggio inoltrato|doorgestuurd bericht) ?-{2,}|(?:begin forwarded message|anfang der weitergeleiteten nachricht|"
    r"début du message (?:transféré|réexpédié)|inicio del mensaje reenviado)\s*:)\s*$)"
)
_HEADER = re.compile(
    r"(?i:^\s*\*?(?:from|to|cc|date|sent|subject|reply-to|von|an|gesendet|datum|betreff|de|à|date|envoyé|objet|para|"
    r"fecha|enviado|"
    r"asunto|data|assunto|da|inviato|oggetto|van|aan|verzonden|onderwerp)\*?\s?:\s)"
)
_DISCLAIMER = re.compile(
    r"(?i:^\W*(?:confidential(?:ity)? (?:notice|note)|disclaimer|legal notice|aviso legal|aviso de confidencialidad\w*|"
    r"haftungsausschluss|avis de confidentialité|please consider the environment|bitte denken sie an die umwelt|"
    r"pensez à l'environnement|(?:this|the information (?:contained )?in this|the contents of this|"
    r"die informationen in dieser|diese|"
    r"ce|cet|le présent|este|esta|questo|questa|dit|deze)\W{1,2}(?:e-?mail|message|communication|nachricht|courriel|"
    r"mensaje|correo|"
    r"mensagem|messaggio|bericht)\b.{0,120}(?:confidential|privileged|intended|vertraulich|confidentiel|confidencial|riservat|"
    r"vertrouwelijk)))"
)
_MOST_HEADERS = 8  # lines
_DEVICE = re.compile(
    r"(?i:^\s*(?:sent from (?:my|outlook|mail|yahoo)|get outlook for|gesendet von|envoyé (?:de|depuis)|enviado desde)\b)"
)
_SIGN_OFF = re.compile(
    r"(?i:^\s*(?:(?:(?:best|kind|warm|warmest|many|with best|with kind)\s+)?(?:regards|wishes|thanks)|best|cheers|sincerely|"
    r"yours (?:sincerely|faithfully|truly)|thank you|thx|thanks (?:again|a lot|in advance|so much)|respectfully|br|kr|danke|"
    r"mit freundlichen grüßen|freundliche grüße|viele grüße|beste grüße|liebe grüße|schöne grüße|gruß|mfg|lg|"
    r"cordialement|bien cordialement|sincères salutations|bien à vous|merci|(?:muchos |"
    r"cordiales )?saludos(?: cordiales)?|un (?:cordial )?saludo|"
    r"gracias|atentamente|atenciosamente|cumprimentos|com os melhores cumprimentos|abraços?|att|obrigad[oa]|"
    r"cordiali saluti|grazie|met vriendelijke groet(?:en)?|groeten|"
    r"よろしくお願い(?:いた)?します)\s*[,.!。-]*\s*$)"
)
_CARD_LINE = re.compile(r"^[^|.?!]{2,40}(?: [|•·] [^|]{2,40}){1,4}$")  # "Name | Title | Ext. 12"
_SIGNATURE_LINE = re.compile(r"[@|]|www\.|https?:|\d[\d ()/-]{6,}")
_PARTICLES = frozenset(
    ("of", "at", "the", "and", "for", "de", "von", "van", "der", "la", "le", "du", "di", "da", "y", "et", "und")
)


def own_lines(lines: list[str]) -> list[str]:
    """The lines that the sender wrote or forwarded; never more than were given, in linear time."""
    return _without_signature(_without_disclaimer(_without_quotes(lines)))


def _without_quotes(lines: list[str]) -> list[str]:
    """Lines until the quoted message begins; lines marked with > are dropped wherever they stand.

    What is forwarded is not a quotation: it is what the message is about, so that its words stay and its headers go.
    """
    kept: list[str] = []
    nth = 0
    while nth < len(lines):
        if _is_forward(lines, nth, kept):
            nth = _after_headers(lines, nth)
            continue
        head = _quote_head(lines[nth], lines[nth + 1] if nth + 1 < len(lines) else "")
        if head and not _marked(lines[nth + head : nth + head + 4]):
            break
        if not head and not lines[nth].lstrip().startswith(">"):
            kept.append(lines[nth])
        nth += head or 1  # a marked quote may have the answer below it
    return kept


def _is_forward(lines: list[str], nth: int, kept: list[str]) -> bool:
    """True where a forwarded message begins, or a mail's headings below no words of one's own."""
    if len(lines[nth]) > 80:
        return False
    if _FORWARDED.match(lines[nth]):
        return True
    below = lines[nth + 1] if nth + 1 < len(lines) else ""
    alone = not any(line.strip() for line in kept) and bool(_MAIL_FROM.match(lines[nth]) and _MAIL_SENT.match(below))
    return alone and _after_headers(lines, nth) < len(lines)


def _after_headers(lines: list[str], nth: int) -> int:
    """The first line below "From:", "Date:" and the like; at least one line further."""
    nth += 1
    for line in lines[nth : nth + _MOST_HEADERS]:
        if line.strip() and not _HEADER.match(line[:200]):
            break
        nth += 1
    return nth


def _quote_head(line: str, following: str) -> int:
    """How many lines introduce a quoted message here: 0 for none, 2 for a heading that was wrapped."""
    plain = ":" not in line and "\uff1a" not in line and line.lstrip()[:1] not in ("-", "_", "#")
    if len(line) > 320 or (plain and not following.rstrip().endswith(":")):
        return 0
    if _OLD_MAIL.match(line) or _QUOTE_HEAD.match(line):
        return 1
    if _MAIL_FROM.match(line) and _MAIL_SENT.match(following):
        return 2
    return 2 if following.rstrip().endswith(":") and len(following) < 120 and _QUOTE_HEAD.match(f"{line} {following}") else 0


def _marked(lines: list[str]) -> bool:
    """True when the next line with anything on it begins with >."""
    return next((line for line in lines if line.strip()), "").lstrip().startswith(">")


def _without_disclaimer(lines: list[str]) -> list[str]:
    """Lines until a confidentiality notice, which stands at the end and asks nothing; the card of the sender above goes too."""
    for nth in range(max(1, len(lines) - 14), len(lines)):
        if _DISCLAIMER.match(lines[nth][:300]) and not any("?" in line for line in lines[nth:]):
            lines = lines[:nth]
            break
    while len(lines) > 1 and (not lines[-1].strip() or _CARD_LINE.match(lines[-1].strip()[:200])):
        lines = lines[:-1]
    return lines


def _without_signature(lines: list[str]) -> list[str]:
    """Lines until a signature: after "--", "Sent from my …", or a closing formula above nothing but names and addresses."""
    for nth in range(max(1, len(lines) - 14), len(lines)):
        line = lines[nth]
        if line.strip() in ("--", "—") or _DEVICE.match(line[:80]):
            return lines[:nth]
        if len(line) < 60 and _SIGN_OFF.match(line) and all(_is_signature(rest) for rest in lines[nth + 1 :]):
            return lines[:nth]
    return lines


def _is_signature(line: str) -> bool:
    """True for names, titles and addresses: short, and no words in small letters."""
    words = [word for word in line.split() if word not in _PARTICLES]
    named = len(words) <= 1 or not any(word[0].islower() for word in words)
    return len(line) <= 60 and "?" not in line and (named or bool(_SIGNATURE_LINE.search(line)))

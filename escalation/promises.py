"""What our side has promised the customer, in its own sentences: whoever takes a ticket over has to keep it (domain.md §4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from escalation.phrases import Phrases
from escalation.thread import one_line, read, sentences
from escalation.ticket import Role, Ticket

MOST = 5  # the newest of one ticket
_MOST_TEXT = 240

# Our side says that something will come.
_COMES = Phrases(
    """(i|we) (will|shall), (i|we)'ll, (i|we) (am|are) going to, (i'm|we're) going to, (you|it|this|that|they) will
    (be|have|get|receive|hear|arrive), you'll (be|have|get|receive|hear), (i|we) promise, expect (my|our|an|a) _ (reply|answer|
    update|call), (my|our) engineers will, (my|our) (colleague|team) will""",
    """(ich|wir) (werde|werden|melde|melden|rufe|rufen|schicke|schicken|sende|senden|gebe|geben|prüfe|prüfen),
    (melde ich mich|melden wir uns), (erhalten|bekommen) sie, (werde ich|werden wir), sie (erhalten|bekommen|hören)""",
    """(je|nous) (vous |)(reviens|revenons|rappelle|rappellerai|rappellerons|enverrai|enverrons|répondrai|répondrons|
    tiendrai|tiendrons|contacterai|contacterons), (je|nous) (vais|allons), vous (recevrez|aurez)""",
    """(le|les|te|os) (responderé|responderemos|llamaré|llamaremos|enviaré|enviaremos|escribiré|escribiremos|avisaré|
    avisaremos|informaré|informaremos), (voy|vamos) a, (recibirá|recibirán|tendrá|tendrán)""",
)
# … and when.
_WHEN = Phrases(
    r"""(today|tomorrow|tonight|noon|midnight|shortly|asap), (this|tomorrow|on|by|next|until|before)
    (morning|afternoon|evening|week|month|monday|tuesday|wednesday|thursday|friday|saturday|sunday), (by|until|before|at|around)
    (noon|\d*), (end of|close of) _ (day|week|business|month), (eod|eob|cob), (within|in) (the next |)(a|an|one|two|three|few|\d+)
    _ (minute|hour|day|business|working|week)*""",
    r"""(heute|morgen|übermorgen|spätestens|gleich|umgehend), (bis|um|ab|gegen) _ \d*, (am|bis|nächsten|kommenden) (montag|
    dienstag|mittwoch|donnerstag|freitag|samstag|sonntag), (in|innerhalb) _ (minute|stunde|tag|woche)*,
    (nächste|diese|kommende) woche""",
    r"""(aujourd'hui|demain|ce soir|ce matin|cet après-midi|rapidement), (avant|d'ici|vers) _ \d*, (lundi|mardi|mercredi|jeudi|
    vendredi|samedi|dimanche), (dans|sous|d'ici) _ (minute|heure|jour|semaine)*, semaine prochaine""",
    r"""(hoy|mañana|esta tarde|esta noche|en breve), (antes de|hasta) _ \d*, a las \d*, (el|este|próximo) (lunes|martes|miércoles|
    jueves|viernes|sábado|domingo), (en|dentro de) _ (minuto|hora|día|semana)*, próxima semana""",
)
# Not promised: what somebody else is to do first, or what will not come.
_UNLESS = Phrases(
    """^(if|once|unless|when) you, will not be able, won't be able, can't promise, cannot promise, ^(wenn|sobald|falls) sie,
    ^(si|dès que|lorsque) vous, ^(si|cuando) (usted|nos|me)""",
)


@dataclass(frozen=True, slots=True)
class Promise:
    """One sentence with the id of the message it stands in, who wrote it and when."""

    text: str
    message: str
    by: str = ""
    at: datetime | None = None


def promised(ticket: Ticket) -> tuple[Promise, ...]:
    """What agents wrote to the customer that promises something with a time, oldest first; the newest MOST of them."""
    found = [
        Promise(one_line(sentence, _MOST_TEXT), said.id, said.who, said.at)
        for said in read(ticket)
        if said.public and said.role is Role.AGENT
        for sentence in sentences(said.text)
        if _is_promise(sentence)
    ]
    return tuple(found[-MOST:])


def _is_promise(sentence: str) -> bool:
    if sentence.rstrip().endswith("?") or _UNLESS.search(sentence):
        return False
    return _COMES.search(sentence) and _WHEN.search(sentence)

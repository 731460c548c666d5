"""Words by which a model's sentence is judged (``grounding``): those of every sentence, of outcomes, of a "no", of numbers."""

from __future__ import annotations

import re


def _list(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Carry nothing of the matter; a sentence is not borne out by them.
STOP_WORDS = _list("""
    about above after again against agent agents allow also although always among another around asked asking asks away back
    because been before being below besides between bot both came case chat client come contact could currently customer
    customer's customers does doing done down during each either else ever every everything finally first following from further
    gave getting gets give given gives going gone have having hence here however into issue issues it's its itself just keeps
    kept kind know known later least less like made make makes many matter meanwhile message messages might more most must
    need needed needing needs next none note noted notes nothing once only onto other others otherwise over people person
    please possible problem problems quite rather really reply replied report reported reports request requested requests
    said same says seem seems seen several shall should shown shows since some somebody something soon staff state stated
    states still such support take taken takes team tell tells than that their them themselves then there therefore these they
    thing things this those though through ticket tickets till times together told took toward tried tries trying under until
    upon used user users uses using very want wanted wanting wants were what whatever when whenever where whether which while
    whole whom whose will wish wishes with within without would write writes wrote your yours
""")
# May begin a sentence with a capital without being anybody's name: articles, pronouns, what advice begins with.
OPENERS = _list("""
    a an the he she it they we i you his her its their our my this that these those there here what who why how no not now as at
    by for from if in of on or so to up and but all any one two some each both after before since when while once until because
    customer user agent support team bot ticket account neither nor none nothing please
    add address advise agree answer apologise apologize apply arrange ask assign call cancel change check clarify close collect
    compare compensate complete confirm consider contact correct create credit deliver describe determine disable discuss
    download enable ensure escalate examine explain export extend figure file find fix follow forward gather get give grant
    guide help identify import inform inspect investigate involve issue keep let list locate lock look make mention
    monitor move obtain offer open order pause perform prepare process provide publish raise reach read reassure recheck record
    redo refund reinstall reissue reject release remind remove renew repair repeat replace reply report reproduce request resend
    reset resolve respond restart restore retry return review revoke rotate run say schedule search see send set share
    show state stop submit suggest take tell test track transfer trace try turn unlock update upgrade upload use validate verify
    wait walk warn work write cannot could did do does had has have is are was were will would should may might must
    still yet already also only even again apparently currently earlier later finally first second next then previously recently
    restarting reinstalling clearing updating changing trying switching logging reconnecting rebooting resetting
    restarted reinstalled cleared updated changed tried switched logged reconnected rebooted reset sent asked told wants needs
""")
# Decided or done about the matter. Never borne out by another form: who asks for a refund was not refunded.
OUTCOMES = _list("""
    accepted agreed allowed approved authorised authorized cancelled canceled closed compensated completed confirmed credited
    delivered entitled exempt fixed forgiven granted guaranteed happy mended paid permitted promised reactivated refunded
    reimbursed released repaid resolved restored satisfied settled solved terminated unblocked unlocked validated verified
    waived works worked
    erstattet genehmigt bestätigt gelöst bezahlt remboursé approuvé confirmé résolu payé reembolsado aprobado confirmado resuelto
""")
# Told as somebody's word, wish or question rather than as a fact.
ATTRIBUTED = re.compile(
    r"(?i:\b(?:customer|user|client|requester|reporter|he|she|they|kund\w+|client\w*)\b.{0,60}\b(?:says?|said|writes?|wrote|claims?|"
    r"claimed|states?|stated|reports?|reported|tells?|told|asks?|asked|wants?|wanted|requests?|requested|demands?|expects?|insists?|"
    r"needs?|believes?|sagt|schreibt|will|möchte|dit|écrit|veut|dice|escribe|quiere)\b|\b(?:whether|if)\b)"
)
# A wish, to the end of what is wished for: "wants the second charge" … refunded.
WISHED = re.compile(
    r"(?i:\b(?:want|ask|request|need|expect|demand|wish|would like)\w*\b"
    r"(?:(?!\b(?:was|is|were|been|got|and|but|because|as)\b)[^,;:.])*$)"
)
NEGATED = re.compile(
    r"(?i:\b(?:no|not|never|none|nobody|nothing|neither|nor|cannot|can't|without|unable|impossible|\w+n['\u2019]t|fail\w*|broken|refus\w*|"
    r"reject\w*|den(?:y|ies|ied)|declin\w*|stuck|missing|nicht|nichts|kein\w*|nie|ohne|pas|jamais|sans|aucun\w*|rien|nunca|sin|ningun\w*|"
    r"nada|não|sem|non|niet|geen|zonder|senza|mai)\b)"
)
# Numbers in words. "One", "second" and their like are left out: they seldom count anything.
_COUNTED = {
    "2": "two twice double doubled couple zwei zweimal doppelt deux dos",
    "3": "three thrice triple third drei dreimal trois tres",
    "4": "four fourth vier viermal quatre cuatro",
    "5": "five fifth fünf cinq cinco",
    "6": "six sixth sechs seis",
    "7": "seven seventh sieben sept siete",
    "8": "eight eighth acht huit ocho",
    "9": "nine ninth neun neuf nueve",
    "10": "ten tenth zehn dix diez",
    "11": "eleven elf onze",
    "12": "twelve dozen zwölf douze doce",
    "15": "fifteen fünfzehn quinze quince",
    "20": "twenty zwanzig vingt veinte",
    "30": "thirty dreißig trente treinta",
    "40": "forty vierzig quarante cuarenta",
    "50": "fifty fünfzig cinquante cincuenta",
    "60": "sixty sechzig soixante sesenta",
    "70": "seventy siebzig setenta",
    "80": "eighty achtzig ochenta",
    "90": "ninety neunzig noventa",
    "100": "hundred hundreds hundert cent cien",
    "1000": "thousand thousands tausend mille mil",
    "1000000": "million millions millionen",
}
NUMBERS = {word: figure for figure, words in _COUNTED.items() for word in words.split()}

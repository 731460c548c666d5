"""First guesses by words where nobody tells: the issue type and the product areas of a ticket (docs/rules.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from escalation.compare import normal
from escalation.facts import customer_messages
from escalation.kept import Kept
from escalation.ticket import Ticket

# The issue types there are before anybody adds one (domain.md §2); readers know these and no others.
STARTER = frozenset({"billing", "bug", "account_access", "security", "how_to", "cancellation", "shipping_order"})
NOT_KNOWN = "other"  # where nothing is found
STARTER |= {"integration_api", "feature_request", NOT_KNOWN}
_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS_READ = 20_000  # characters of the customer's text that are read
_SUBJECT_WEIGHT = 2


def issue_type_of(ticket: Ticket, issue_words: Mapping[str, tuple[str, ...]]) -> tuple[str, tuple[str, ...]]:
    """First intent by words: (issue type, the words found). Words in the subject count double, long phrases more than words.

    A word that ends in * stands for all its endings, one that begins with * for all words that end so. "other" when nothing is
    found; equal scores go by the alphabet.
    """
    best: tuple[int, str, tuple[str, ...]] = (0, NOT_KNOWN, ())
    for issue_type, hits in _found(ticket, issue_words).items():
        if sum(hits.values()) > best[0]:
            best = (sum(hits.values()), issue_type, tuple(hits))
    return best[1], best[2]


def product_areas_of(ticket: Ticket, areas: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The product areas whose words the customer uses, with the one the helpdesk tells, by the alphabet."""
    told = {ticket.product_area} if ticket.product_area else set()
    return tuple(sorted(told | {area for area, hits in _found(ticket, areas).items() if hits})) if areas or told else ()


def _found(ticket: Ticket, words: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, int]]:
    """Name → its words that occur, each with what it counts; names by the alphabet."""
    if not words:
        return {}
    subject = _spaced(ticket.subject)
    text = _spaced("\n".join(m.text for m in customer_messages(ticket))[:_MOST_WORDS_READ])
    both = f"{subject}\n{text}"  # most words stand in neither: one look tells
    found: dict[str, dict[str, int]] = {name: {} for name in sorted(words)}
    for name, word, sought, weight in _all_sought(words):
        if sought in both:
            found[name][word] = weight * (_SUBJECT_WEIGHT * (sought in subject) + (sought in text))
    return found


def _spaced(text: str) -> str:
    """The words of a text in lower case, one space around each."""
    return f" {' '.join(_WORD.findall(normal(text)))} "


_Sought = tuple[tuple[str, str, str, int], ...]


def _every_sought(words: Mapping[str, tuple[str, ...]]) -> _Sought:
    """(name, word, what is looked for, its weight) of every word that has letters."""
    every = ((name, word, *_sought(word)) for name in sorted(words) for word in words[name])
    return tuple(one for one in every if one[3])


_all_sought: Kept[Mapping[str, tuple[str, ...]], _Sought] = Kept(_every_sought, most=16)


def _sought(word: str) -> tuple[str, int]:
    """What is looked for in a spaced text, and how many words that is; 0 for a word without letters."""
    spaced = _spaced(word)
    weight = 0 if spaced.isspace() else spaced.count(" ") - 1
    spaced = spaced.lstrip() if word.startswith("*") else spaced
    return spaced.rstrip() if word.endswith("*") else spaced, weight

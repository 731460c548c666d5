"""Notes as HTML: allowed tags only, everything escaped, shortened at the right end and never inside a tag."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.notes import is_marked, mark, to_html
from escalation.actions import Line, Note

RICH = frozenset({"p", "b", "i", "ul", "li", "a", "br"})
SETS = (RICH, RICH - {"ul", "li"}, RICH - {"a"}, RICH - {"p"}, frozenset({"br"}), frozenset[str]())
HOSTILE = "<script>alert(\"x\")</script> & '{{ticket.requester.email}}' <!--"


class _Read(HTMLParser):
    """What a browser would see: the text, the tags used, and whether they were nested properly."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.used: set[str] = set()
        self.links: list[str | None] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.used.add(tag)
        assert [name for name, _ in attrs] == (["href"] if tag == "a" else [])
        self.links += [value for _, value in attrs]
        if tag == "br":
            self.text += "\n"
        else:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag in ("p", "li"):
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> _Read:
    seen = _Read(html)
    assert seen.open == []
    return seen


def note(messages: int = 3, text: str = "It fails", lines: int = 8) -> Note:
    first = tuple(Line(f"Label {n}", f"value {n}") for n in range(lines))
    tried = (Line("Tried", "cleared the cache"), Line("", "reinstalled"))
    thread = tuple(Line(f"Mia {n}", f"{text} #{n}.") for n in range(messages))
    return Note("h7:note", "Handoff to Billing", first, (("Tried", tried), ("Transcript", thread)), "https://baton.example/h/7")


def test_the_mark_contains_the_key() -> None:
    assert "h7:note" in mark("h7:note")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (mark("h7:1"), True),
        (f"<p><i>{mark('h7:1')}</i></p>", True),
        (f"{mark('h7:1')}.", False),
        (mark("h7:10"), False),
        (mark("h7:1:note"), False),
        ("h7:1", False),
    ],
)
def test_a_mark_is_found_only_for_its_own_key(text: str, found: bool) -> None:
    assert is_marked(text, "h7:1") is found


def test_order_is_title_lines_sections_link_mark() -> None:
    seen = read(to_html(note(), tags=RICH, limit=60_000))
    wanted = ["Handoff to Billing", "Label 0: value 0", "Label 7: value 7", "Tried: cleared the cache", "reinstalled"]
    wanted += ["Transcript", "Mia 0: It fails #0.", "Mia 2: It fails #2.", "Open the handoff in Baton", mark("h7:note")]
    places = [seen.text.index(words) for words in wanted]
    assert places == sorted(places)
    assert seen.text.rstrip().endswith(mark("h7:note"))
    assert seen.links == ["https://baton.example/h/7"]
    assert "left out" not in seen.text


@pytest.mark.parametrize("tags", SETS)
def test_only_allowed_tags(tags: frozenset[str]) -> None:
    seen = read(to_html(note(), tags=tags, limit=60_000))
    assert seen.used == tags
    assert "value 7" in seen.text


def test_everything_is_escaped() -> None:
    bad = Note(HOSTILE, HOSTILE, (Line(HOSTILE, HOSTILE),), ((HOSTILE, (Line(HOSTILE, HOSTILE),)),), 'https://x/"><b>')
    html = to_html(bad, tags=RICH, limit=60_000)
    seen = read(html)
    assert seen.used == RICH - {"br"}
    assert seen.text.count("<script>") == 7
    assert "{{" not in html
    assert seen.links == ['https://x/"><b>']


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", " https://x", "ftp://x"])
def test_only_web_addresses_become_links(link: str) -> None:
    seen = read(to_html(Note("k", "t", link=link), tags=RICH, limit=500))
    assert seen.links == []
    assert link in seen.text


def test_newlines_are_kept_and_control_characters_are_not() -> None:
    text = "first\r\nsecond\rthird\nfourth\x00\x1b\x85 \ud83d end"
    html = to_html(Note("k", "t", (Line("Said", text),)), tags=RICH, limit=500)
    assert "first<br>second<br>third<br>fourth \ufffd end" in html
    html.encode()


def test_without_br_newlines_stay_newlines() -> None:
    assert "first\nsecond" in to_html(Note("k", "t", (Line("", "first\nsecond"),)), tags=frozenset({"p"}), limit=500)


def test_the_oldest_messages_are_left_out_first() -> None:
    html = to_html(note(messages=100), tags=RICH, limit=2_000)
    seen = read(html)
    assert len(html) <= 2_000
    assert len(html) > 1_900
    left = seen.text.count("It fails")
    assert f"… {100 - left} earlier messages left out, see link" in seen.text
    assert f"It fails #{100 - left}." in seen.text
    assert "It fails #99." in seen.text
    assert "reinstalled" in seen.text
    assert "value 7" in seen.text


def test_one_left_out_message_is_said_in_the_singular() -> None:
    long = note(messages=2, text="x" * 300)
    whole = to_html(long, tags=RICH, limit=9_999)
    assert "… 1 earlier message left out, see link" in to_html(long, tags=RICH, limit=len(whole) - 1)


def test_a_single_huge_message_is_clipped_not_lost() -> None:
    html = to_html(note(messages=1, text="<&>" * 50_000), tags=RICH, limit=3_000)
    seen = read(html)
    assert 2_900 < len(html) <= 3_000
    assert "Mia 0: <&><&>" in seen.text
    assert "…" in seen.text


def test_earlier_sections_lose_their_last_lines_after_the_transcript() -> None:
    many = tuple(Line("Tried", f"remedy {n} " + "y" * 50) for n in range(100))
    long = Note("k", "t", (Line("a", "b"),), (("Tried", many), ("Transcript", (Line("Mia", "hello " * 100),))), "https://b/1")
    html = to_html(long, tags=RICH, limit=2_000)
    text = read(html).text
    assert len(html) <= 2_000
    assert "remedy 0 " in text
    assert "more lines left out, see link" in text
    assert "… 1 earlier message left out, see link" in text


def test_huge_first_lines_are_clipped_evenly_and_none_is_lost() -> None:
    lines = tuple(Line(f"Label {n}", "ä" * 100_000) for n in range(9))
    html = to_html(Note("the-key", "T" * 100_000, lines, link="https://b/1"), tags=RICH, limit=5_000)
    text = read(html).text
    assert 4_900 < len(html) <= 5_000
    assert all(f"Label {n}: ä" in text for n in range(6))
    assert text.startswith("TTT")
    assert text.rstrip().endswith(mark("the-key"))


def test_a_limit_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be shown"):
        to_html(note(), tags=RICH, limit=100)


WORDS = st.text(max_size=400)
LINES = st.lists(st.builds(Line, st.text(max_size=40), WORDS), max_size=12).map(tuple)
NOTES = st.builds(
    Note,
    key=st.text("abc:-0123456789", min_size=1, max_size=40),
    title=WORDS,
    lines=LINES,
    sections=st.lists(st.tuples(st.text(max_size=40), LINES), max_size=4).map(tuple),
    link=st.sampled_from(["", "https://baton.example/handoffs/7", "javascript:x"]),
)


@given(NOTES, st.sampled_from(SETS), st.integers(1_500, 8_000))
def test_any_note_fits_and_is_well_formed(any_note: Note, tags: frozenset[str], limit: int) -> None:
    html = to_html(any_note, tags=tags, limit=limit)
    seen = read(html)
    assert len(html) <= limit
    assert seen.used <= tags
    assert mark(any_note.key) in html
    html.encode()

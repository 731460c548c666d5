"""Remedies that failed, told in small threads, and incidents beside their harmless twins; each case invented for its cause."""

from __future__ import annotations

import pytest

from bench.scoring import part, read
from bench.signals import ticket_of
from signals import outcomes
from signals.model import words_only
from signals.reader import TextReader

READER = TextReader(words_only)
ROLES = {"C": "customer", "A": "agent", "B": "bot"}

# (thread, how many remedies failed); "C: ...|A: ..." is a thread.
FAILED = [
    # The fault itself and the steps on which it shows are no remedies.
    ("C: The kettle won't switch off. Changing the fuse didn't help.", 1),
    ("C: I choose a seat, enter my name, press Book and nothing happens. Tried it on my sister's laptop as well, same thing.", 1),
    ("C: I clicked Export, selected June and typed a file name, and it says error. I restarted the app, still error.", 1),
    # One remedy in two sentences, done again, or checked.
    ("C: I uninstalled the app and installed it again. Even after reinstalling it crashes.", 1),
    ("C: I replaced the filter. I did it again with a second one, and the pump is as loud as ever.", 1),
    ("C: I swapped the cartridge. The cartridge sits well, I checked twice, but the pages are still white.", 1),
    ("C: I set the date in the menu. I saved it and looked again, but the clock is wrong all the same.", 1),
    # What was only planned, refused or not needed.
    ("C: Resetting it brought nothing. I'll try another cable tomorrow.", 1),
    ("B: Clear your cookies or use a private window.|C: cleared cookies, no change. haven't got round to the private window", 1),
    ("A: Reset it, or move it closer.|C: I reset it, still dead. Moving it closer isn't an option for me.", 1),
    ("C: Your page lists another card, a factory reset and an update. I have not tried any of these yet. Which first?", 0),
    ("C: I tried both ways from your guide. Both work, the second one is quicker.", 0),
    # Several of the customer's own.
    ("C: Calibrated it, half. Other roll, half. Older driver, half.", 3),
    ("C: The door beeps. New batteries: same. Another key card: same.", 2),
    ("C: Sound drops. I changed the cable, then removed and re-added the speaker. Still drops.", 2),
    ("C: My brother-in-law tightened the clamp and I cleaned the seal. Still wet.", 2),
    ("C: Two different bulbs and a new switch later, it's still dark.", 2),
    # As many as they say.
    ("C: I restarted it. I cleaned it. Both lamps still blink. That is two things that did not work.", 2),
    ("B: Restart the router.|C: Restarted it, still red.|A: Please reset it.|C: No. Two of your suggestions failed now.", 2),
    ("C: I've tried three different fixes, the reset among them, and none of them helped.", 3),
    ("C: I reset it, no change. Two more things that I have not tried are on your list.", 1),
    ("C: I tried two things and nothing worked, then the third one did: it runs again, thanks!", 0),
    # Several that were advised.
    ("B: Please clear your cookies and try a private window.|C: did both. same message", 2),
    (
        "C: It doesn't charge any more.|A: Could you try another cable and another socket?|C: Other cable, other socket, dead.",
        2,
    ),
    ("A: Please top it up and bleed the radiators.|C: Topped up, bled the lot, back at zero this morning.", 2),
    ("A: Please reseat the battery and clean the contacts.|C: Battery reseated and contacts cleaned, cuts out as before.", 2),
    ("A: Please clear its cache, then use the 4G dongle.|C: cache cleared - still syncing. 4G dongle - still syncing.", 2),
    (
        "C: pictures in our newsletter don't show in outlook|A: Please save them as JPG rather than WebP.|"
        "C: saved as jpg, red crosses|A: Please keep each below 200 KB then.|C: all below 150 now, red crosses",
        2,
    ),
    (
        "C: Your bot had me lower the rate, which did nothing, your colleague Ana sent a new brick, which did nothing either.",
        2,
    ),
    # An answer that tells the outcome in two sentences is one.
    ("A: Please try a private window.|C: Same message in a private window. They are all still waiting.", 1),
    # What looks like an action.
    (
        "C: I tried the boots on, on the carpet. They don't fit. A template doesn't answer anything. Put me through to a person.",
        0,
    ),
    ("C: The account is not ours. Neither my sister nor I did that.", 0),
]


def thread(told: str) -> dict[str, object]:
    said = [{"role": ROLES[one[0]], "text": one[3:]} for one in told.split("|")]
    return dict(read(READER, ticket_of({"id": "t", "subject": "", "messages": said})))


@pytest.mark.parametrize(("told", "count"), FAILED)
def test_remedies_that_failed(told: str, count: int) -> None:
    found = part(thread(told), "failed_attempts", "count", 0)  # type: ignore[arg-type]
    assert found == count if count >= 2 else found <= max(1, count)


# A day that does not suit, an answer to a mere question, what solved it in the end; each with its near misses.
NOT_FAILED = [
    ("C: Please send the fitter.|A: Would Monday at 7 suit?|C: Monday doesn't work, sorry.", 0),
    ("C: Please send the fitter.|A: Is Tuesday at 3 pm fine?|C: 3 pm does not work for us. Any time after 5?", 0),
    ("C: I need a new date.|A: We have the 14th or the 15th.|C: The 14th won't work, the 15th would.", 0),
    ("C: Can we move it?|A: Shall we say tomorrow morning?|C: That time doesn't work for me, please suggest another.", 0),
    ("C: Can we move it?|A: We could come on Friday.|C: Fridays don't work, and the weekend does not work either.", 0),
    ("C: The tap drips.|A: Please tighten the ring.|C: Tightening the ring didn't work.", 1),
    (
        "C: The alarm rings at night.|A: Please set it to Monday and press OK.|C: Set to Monday, did not work, it still rings.",
        1,
    ),
    ("C: It stutters.|A: Please restart it.|C: I restarted it, doesn't work. When can you come?", 1),
    ("C: The widget shows 140%.|A: Do you use the new or the old widget?|C: The new one.", 0),
    ("C: The door won't open.|A: Hi Ann! Which model do you have?|C: The DX 40, the black one.", 0),
    ("C: The scale is wrong.|A: Thanks for writing. How much does it show?|C: It still shows two kilos too many.", 0),
    ("C: The app crashes.|A: Sorry to hear that. Which version is it, and since when?|C: 4.2, since Monday.", 0),
    ("C: No hot water.|A: Is it the same in the kitchen?|C: Yes, no hot water there either.", 0),
    ("C: No hot water.|A: Have you tried the reset button?|C: Yes, no change.", 1),
    ("C: The app crashes.|A: Could you reinstall it? Which phone is it?|C: Reinstalled, crashes as before. Pixel 8.", 1),
    ("C: It beeps.|A: Does it still beep if you change the battery?|C: Changed it, same beep.", 1),
    ("C: For your help pages: restarting did not help, and clearing the cache neither, but updating the BIOS solved it.", 0),
    ("C: A new cable did not help, but the firmware update did the trick.", 0),
    ("C: Restarting brought nothing, but then a factory reset fixed it. Thought you'd like to know.", 0),
    ("C: Another lamp didn't help but your second tip worked.", 0),
    ("C: The first two steps made no difference, but in the end cleaning the lens sorted the problem.", 0),
    ("C: Restarting did not help, and the update only fixed it for a day.", 1),
    ("C: I cleaned the filter, no change, but the noise is less. Changing the belt didn't help either.", 2),
    ("C: Restarting did not help, but nothing else solved it.", 1),
    ("C: A new cable did not help, but has the update solved it for others?", 1),
]


@pytest.mark.parametrize(("told", "count"), NOT_FAILED)
def test_what_is_no_failed_remedy(told: str, count: int) -> None:
    assert part(thread(told), "failed_attempts", "count", 0) == count  # type: ignore[arg-type]


# What happened, and its harmless twin.
SECURITY = [
    (
        "On Sunday 200 euros were taken out with my card, and that cannot have been me.",
        "The transfer of 200 euros came two days late.",
    ),
    (
        "A text file asks for two bitcoins and every file ends in .locked.",
        "Do you accept bitcoins? I would like to pay with them.",
    ),
    (
        "I keep getting codes to confirm a sign-in. I am not signing in anywhere.",
        "The code for signing in comes too late by text.",
    ),
    (
        "Our virus scanner finds a trojan in the plug-in you sent.",
        "Our antivirus makes your program slow. Which folders do we exclude?",
    ),
    ("A page that looks like yours stole my card number.", "Read your newsletter about card fraud and stolen phones."),
    ("My password was changed last night and it wasn't me.", "I forgot my password and the reset link never arrives."),
    ("Somebody has broken into our account.", "How do I turn on two-factor for all of our accounts?"),
    ("We were hit by phishing mails in your name.", "Next week we run a phishing simulation, please let its mails through."),
    ("A stranger logged into our admin panel.", "We're planning our own penetration test of the staging tenant next month."),
    ("Someone stole my parcel and used my account.", "Could you pack the vase more securely this time?"),
]


@pytest.mark.parametrize(("happened", "harmless"), SECURITY)
def test_incidents_and_their_twins(happened: str, harmless: str) -> None:
    told, twin = thread(f"C: {happened}"), thread(f"C: {harmless}")
    assert told["security_incident"].value is True  # type: ignore[attr-defined]
    assert "security_incident" not in twin or twin["security_incident"].value is False  # type: ignore[attr-defined]


CRITICAL = [
    ("Since 8:20 no inbound calls come in, 35 agents are sitting idle.", "35 people are waiting for the webinar to begin."),
    ("All three of our signatories get 'user not enrolled' at the login.", "All of us get an invitation to the course."),
    ("Not one of us gets past the sign-in page.", "My colleagues get past the sign-in page, only I don't."),
    ("Our shop answers 503 for everybody.", "Our shop answered 503 for everybody between 10:12 and 10:20 yesterday."),
    ("Our domains stopped resolving, all 40 of them.", "The team can't live without your planner any more."),
    ("The guest list says 0. There were 340 names in it.", "My whole order is lost, says the courier. It's a pair of socks."),
    ("The restore finished and half the tables are empty.", "The new list is empty, how do I fill it?"),
    ("Your stove smells of gas when it's off.", "How does the detector tell a gas leak?"),
    ("The front door opens on its own at night.", "The app opens on its own at night."),
    ("She was given the insulin of the wrong patient.", "The pictures are of the wrong child."),
    (
        "The oxygen concentrator of my father stops after ten minutes.",
        "How often does the oxygen concentrator need a new filter?",
    ),
    ("Kitchen screens are dark in all eleven restaurants.", "One of the kitchen screens is darker than the others."),
    ("The disk did not come back and there's no backup.", "How many days do you keep a backup?"),
    ("On the motorway the brake pedal went to the floor.", "When are the brake pads due?"),
]


@pytest.mark.parametrize(("grave", "harmless"), CRITICAL)
def test_grave_impacts_and_their_twins(grave: str, harmless: str) -> None:
    assert part(thread(f"C: {grave}"), "impact", "critical") is True  # type: ignore[arg-type]
    assert part(thread(f"C: {harmless}"), "impact", "critical") is None  # type: ignore[arg-type]


def test_places_that_tell_what_was_not_done() -> None:
    text = "Resetting it failed, I haven't tried the cable but moved it"
    assert [text[start:end] for start, end in outcomes.untried(text)] == ["haven't tried the cable "]
    assert outcomes.untried("I reset it") == []


@pytest.mark.parametrize("piece", ["1.", "a: ", "still ", "i haven't tried ", "is no option ", "as the ", "1:1,", " - ", "and "])
def test_long_texts_take_no_time(piece: str) -> None:
    text = piece * 4000
    for ask in (outcomes.untried, outcomes.is_outcome, outcomes.worked, outcomes.of_no_use, outcomes.again, outcomes.by_the_book):
        ask(text[:700])
    outcomes.alike([text[:700]] * 60)

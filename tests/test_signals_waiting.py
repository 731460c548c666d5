"""How long customers say that they have waited, and how often they wrote in vain."""

import time

import pytest

from signals.waiting import days, since, unanswered

LONG = [
    ("I reported the noise nineteen days ago.", 19),
    ("I wrote 9 days ago.", 9),
    ("That was a fortnight ago.", 14),
    ("Twenty-one long days without a word.", 21),
    ("I asked two-three days ago.", 2),
    ("Five weeks ago by my reckoning.", 35),
    ("For a couple of weeks now.", 14),
    ("No answer in three weeks.", 21),
    ("I've been waiting for weeks.", 14),
    ("Half a year!", 182),
    ("It took months of waiting.", 60),
    ("1,200 days", 0),
    ("2.5 weeks ago", 14),
    ("You ship within 5 days.", 0),
    ("It takes 3 weeks to make.", 0),
    ("Could you answer within the next two weeks?", 0),
    ("Since Monday.", 0),
    ("", 0),
]


@pytest.mark.parametrize(("text", "told"), LONG)
def test_the_longest_time_that_is_named(text: str, told: int) -> None:
    assert days(text) == told


BETWEEN = [
    ("On the 3rd of May I filled in the form. It's the 15th and I have heard nothing.", 12),
    ("I wrote on the 3rd and on the 8th. It's the 15th.", 7),  # the last of them, for the first may be of something else
    ("That was on the 1st. Today's the 16th.", 15),
    ("I sent it back on 2 June. It is now the 19th.", 17),
    ("You promised it on 28 May, and today is June 4.", 6),
    ("We wrote on 20 December. Today is 9 January.", 19),
    ("We wrote on the 28th. It's the 3rd now.", 6),
    ("In March you promised a credit note. It is June.", 90),
    ("In November I asked; we are in January now.", 60),
    ("It's the 3rd and the event is on the 9th.", 0),
    ("Today is 28 June and my flight is on 3 July.", 0),
    ("This is the 2nd time I am writing. The parcel should arrive on the 5th.", 0),
    ("It is now the 2nd week. On the 3rd floor nothing works.", 0),
    ("You promised it in March. Now may I have my refund?", 0),
    ("The order of 2 June came on the 5th of June.", 0),
    ("It may be late.", 0),
    ("It's the 15th.", 0),
]


@pytest.mark.parametrize(("text", "told"), BETWEEN)
def test_dates_are_counted_up_to_the_one_that_is_todays(text: str, told: int) -> None:
    assert since(text) == told


IN_VAIN = [
    ("I left two messages on the form, neither has been answered.", 2),
    ("I wrote on Monday and Wednesday, both mails are unanswered.", 2),
    ("We wrote on the 3rd and again on the 9th. No reply.", 2),
    ("My three emails got no reply.", 3),
    ("I've written 4 times without an answer.", 4),
    ("I sent two mails and haven't heard back.", 2),
    ("My two messages weren't answered.", 2),
    ("We have sent you a dozen emails, no reply.", 12),
    ("I have sent a few mails and nobody replied.", 3),
    ("I sent one mail and nobody answered.", 1),
    ("I was charged twice and nobody can tell me why.", 0),
    ("The printer jammed 12 times today, none of your tips worked.", 0),
    ("Our server sends 20 requests per second and there is no response from the API.", 0),
    ("I have sent 600 mails with your tool, none bounced.", 0),
    ("We sent two thousand emails with your tool, none bounced.", 0),
    ("Two mails came today, thank you.", 0),
    ("No answer to my mails.", 0),
]


@pytest.mark.parametrize(("text", "told"), IN_VAIN)
def test_messages_without_an_answer_are_counted(text: str, told: int) -> None:
    assert unanswered(text) == told


WORDS = ["now ", "it's the ", "on the 3rd ", "i wrote ", "two mails ", "a few ", "not ", "in march ", "no ", " ", "5 "]


@pytest.mark.parametrize("word", WORDS)
def test_ten_times_the_text_takes_no_hundred_times_the_time(word: str) -> None:
    def took(times: int) -> float:
        text, begun = f"nobody {word * times}", time.thread_time()
        for look in (days, since, unanswered):
            look(text)
        return time.thread_time() - begun

    short, long = min(took(1_000) for _ in range(3)), min(took(10_000) for _ in range(2))
    assert long < 40 * short + 0.01

"""Slack's text as HTML for the page of the play workspace: ``mrkdwn`` as Slack shows it, ``plain_text`` as it is.

Everything is escaped before any mark-up is made. https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime

from markupsafe import Markup

from sandbox.slack_world import BOT, CHANNELS, GROUPS, PEOPLE
from sandbox.state import Body

_PAIRS = (("*", "strong"), ("_", "em"), ("~", "s"))
_LOUD = ("here", "channel", "everyone")
_EMOJI = {"white_check_mark": "✅", "x": "❌", "warning": "⚠️", "wave": "👋", "tada": "🎉", "eyes": "👀", "smile": "😄"}


def text(object: Body | str | None) -> Markup:
    """A text object (or a message's bare ``text``, which is mrkdwn) as HTML."""
    if object is None:
        return Markup("")
    if isinstance(object, str):
        return mrkdwn(object)
    return mrkdwn(object["text"]) if object["type"] == "mrkdwn" else plain(object)


def plain(object: Body) -> Markup:
    """A plain_text object: Slack undoes its three entities and, unless ``emoji`` is off, shows emoji."""
    shown = html.escape(_undo(object["text"]))
    if object.get("emoji", True):
        shown = _with_emoji(shown)
    return Markup(shown.replace("\n", "<br>"))  # noqa: S704 - escaped above


def _undo(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def mrkdwn(source: str) -> Markup:
    """Slack's own mark-up: mentions and links in angle brackets, *bold*, _italic_, ~struck~, `code`, > quotes."""
    kept: list[str] = []

    def keep(made: str) -> str:
        kept.append(made)
        return f"\0{len(kept) - 1}\0"

    shown = source.replace("\0", "")
    shown = re.sub(r"```(.+?)```", lambda m: keep(f"<pre>{html.escape(_undo(m[1]))}</pre>"), shown, flags=re.S)
    shown = re.sub(r"`([^`\n]+)`", lambda m: keep(f"<code>{html.escape(_undo(m[1]))}</code>"), shown)
    shown = re.sub(r"<([^<>\n]+)>", lambda m: keep(_bracket(m[1])), shown)
    shown = _with_emoji(html.escape(_undo(shown)))
    for sign, tag in _PAIRS:
        s = re.escape(sign)
        shown = re.sub(rf"(?<![\w{s}]){s}(?=\S)([^{s}\n]*?\S){s}(?![\w{s}])", rf"<{tag}>\1</{tag}>", shown)
    shown = re.sub(r"^&gt; ?(.*)$", r"<blockquote>\1</blockquote>", shown, flags=re.M).replace("\n", "<br>")
    return Markup(re.sub(r"\0(\d+)\0", lambda m: kept[int(m[1])], shown))  # noqa: S704 - escaped above


def _with_emoji(shown: str) -> str:
    return re.sub(r":([a-z0-9_+-]+):", lambda m: _EMOJI.get(m[1], m[0]), shown)


def _bracket(inside: str) -> str:
    """What stands between angle brackets: <@U1>, <#C1>, <!here>, <!subteam^S1>, <https://…|label>."""
    target, _, label = inside.partition("|")
    for sign, show in _BRACKETS.items():
        if target.startswith(sign):
            return show(target[len(sign) :], label)
    if re.match(r"(https?|mailto):", target):
        return f'<a href="{html.escape(_undo(target))}" rel="noopener">{html.escape(_undo(label or target))}</a>'
    return html.escape(f"<{_undo(inside)}>")


def _mention(id: str, label: str) -> str:
    name = PEOPLE[id][0] if id in PEOPLE else "Baton" if id == BOT else label or id
    return f'<span class="mention">@{html.escape(name)}</span>'


def _channel(id: str, label: str) -> str:
    return f'<span class="mention">#{html.escape(CHANNELS.get(id, label or id))}</span>'


def _special(word: str, label: str) -> str:
    loud = " loud" if word in _LOUD else ""
    word = GROUPS.get(word.removeprefix("subteam^"), ("", word))[1]
    return f'<span class="mention{loud}">@{html.escape(label or word)}</span>'


_BRACKETS: dict[str, Callable[[str, str], str]] = {"@": _mention, "#": _channel, "!": _special}


def moment(ts: str) -> str:
    """A message's time stamp id as ISO 8601 in UTC."""
    return datetime.fromtimestamp(float(ts), UTC).isoformat(timespec="seconds")


def initials(name: str) -> str:
    """One or two letters for an avatar."""
    return "".join(part[0] for part in name.split()[:2]).upper()


def escaped(text: str) -> str:
    """What a person typed, as Slack keeps it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

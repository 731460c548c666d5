"""What the documents say is so: links lead somewhere, commands and routes exist, bodies to paste are understood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

import connectors
from app import create_app
from config.settings import Settings, load
from escalation.ports import Inbound
from escalation.ticket import ChangeKind, TicketChange
from mappings import load_folder
from tests.support import FIXTURES, ROOT, connection

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TEXTS = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}
LINK = re.compile(r"\]\(([^()\s]+)\)|(?:src|href)=\"([^\"]+)\"")
HELPDESKS = connectors.kinds()
MAPPINGS = load_folder(ROOT / "mappings")
MOST_BYTES_OF_AN_IMAGE = 200_000


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(load(data_dir=tmp_path_factory.mktemp("data")))


NAMED_ROUTE = re.compile(r"\b(GET|PUT|POST|DELETE) (/api/v1/[\w/.-]*\w)")
PLACES = sorted([*PAGES, *(ROOT / "web" / "templates").rglob("*.html")])


@pytest.mark.parametrize("place", PLACES, ids=lambda place: str(place.relative_to(ROOT)))
def test_every_route_that_a_document_or_a_page_names_exists(place: Path, app: Flask) -> None:
    text = re.sub(r"(?<=/)(?:<\w+>|\{\w+\}|…)", "1", place.read_text(encoding="utf-8"))
    routes = app.url_map.bind("localhost")
    assert [route for route in NAMED_ROUTE.findall(text) if not routes.test(route[1], route[0])] == []


def slug(heading: str) -> str:
    """The anchor of a heading, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)}


@pytest.mark.parametrize("name", TEXTS)
def test_relative_links_lead_somewhere(name: str) -> None:
    for target in (a or b for a, b in LINK.findall(TEXTS[name])):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        page = (ROOT / name).parent / path if path else ROOT / name
        assert page.exists(), f"{name} links to {target}, which is not there"
        assert not anchor or anchor in anchors(page), f"{name} links to {target}: no such heading"


def test_the_index_names_every_document() -> None:
    linked = {a or b for a, b in LINK.findall(TEXTS["docs/README.md"])}
    there = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")} - {"README.md"}
    assert there - linked == set()


def test_images_are_small_enough_to_look_at_on_the_way() -> None:
    sizes = {image.name: image.stat().st_size for image in (ROOT / "docs" / "images").iterdir()}
    assert sizes and {name: size for name, size in sizes.items() if size > MOST_BYTES_OF_AN_IMAGE} == {}


# --- commands ---


def commands_in(text: str) -> Iterator[tuple[str, str]]:
    yield from re.findall(r"flask --app app ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", text)


@pytest.mark.parametrize("name", [*TEXTS, "config/escalation.yaml", "config/roster.yaml", "Dockerfile", "compose.yaml"])
def test_every_command_named_exists(app: Flask, name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    as_list = [" ".join(words.replace(",", " ").split()) for words in re.findall(r"\[\"?flask\"?, ([^\]]+)\]", text)]
    told = [*commands_in(text), *commands_in(" ".join(f"flask --app app {words}" for words in as_list).replace('"', ""))]
    for first, second in told:
        command = app.cli.commands.get(first)
        assert command is not None, f"{name} names flask {first}"
        assert not isinstance(command, click.Group) or second in command.commands, f"{name} names flask {first} {second}"


def test_the_readme_shows_how_to_start() -> None:
    named = {first for first, _ in commands_in(TEXTS["README.md"])}
    assert {"send", "check", "documents", "db", "serve", "worker", "clock", "users", "tokens"} <= named


@pytest.mark.parametrize("name", TEXTS)
def test_every_make_target_named_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^ {4}|`|\d )make ([a-z]+)", TEXTS[name], re.MULTILINE))
    assert named - targets == set()


@pytest.mark.parametrize("name", TEXTS)
def test_every_fixture_named_exists(name: str) -> None:
    for helpdesk, fixture in re.findall(rf"({'|'.join(HELPDESKS)})/(ticket_\w+)", TEXTS[name]):
        assert (FIXTURES / helpdesk / f"{fixture}.json").exists(), f"{name} names {helpdesk}/{fixture}"


# --- the API ---


def test_the_routes_of_the_api_page_are_those_of_the_app(app: Flask) -> None:
    told = set(re.findall(r"^\| `(GET|POST|PUT|DELETE) (/[^`]*)` \|", TEXTS["docs/api.md"], re.MULTILINE))
    there = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1")))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/") and not rule.rule.endswith("openapi.json")
    }
    public = {(method, route) for method, route in told if route in {"/healthz", "/readyz", "/metrics"}}
    assert len(public) == 3 and {route for _, route in public} <= {rule.rule for rule in app.url_map.iter_rules()}
    assert told - public == there


# --- connecting a helpdesk ---


def page_of(helpdesk: str) -> str:
    return TEXTS.get(f"docs/connect-{helpdesk}.md", "")


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_each_helpdesk_has_its_page_with_all_it_cannot_do(helpdesk: str) -> None:
    page = " ".join(page_of(helpdesk).split())
    cannot = connectors.connect(connection(helpdesk), MAPPINGS[helpdesk]).cannot
    assert [words for words in cannot.values() if " ".join(words.split()) not in page] == []


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_settings_named_exist(helpdesk: str) -> None:
    named = re.findall(rf"\b{helpdesk.upper()}_[A-Z_]*[A-Z]\b", page_of(helpdesk))
    assert named and {name for name in named if name.lower() not in Settings.model_fields} <= {"ZENDESK_TRIGGER_SECRET"}
    assert f"/webhooks/{helpdesk}" in page_of(helpdesk)


def bodies() -> Iterator[tuple[str, str]]:
    for helpdesk in HELPDESKS:
        yield from ((helpdesk, body) for body in re.findall(r"```json\n(.*?)```", page_of(helpdesk), re.DOTALL))


PLACEHOLDERS = {
    "{{ticket.id}}": "35001",
    "{{ticket.updated_at_with_timestamp}}": "2026-03-02T11:20:31Z",
    "{{ticket.modified_on}}": "2026-03-02T11:20:31Z",
    "{{current_user.id}}": "106",
    "{{triggered_event}}": "{priority:{from:2,to:4}}",
}


@pytest.mark.parametrize(("helpdesk", "body"), list(bodies()))
def test_bodies_to_paste_are_understood(helpdesk: str, body: str) -> None:
    for placeholder, value in PLACEHOLDERS.items():
        body = body.replace(placeholder, value)
    assert "{{" not in body, "a placeholder that this test does not know"
    connector = connectors.connect(connection(helpdesk), MAPPINGS[helpdesk])
    change = connector.change(Inbound({"content-type": "application/json"}, body.encode(), {}))
    assert isinstance(change, TicketChange) and change.ticket_id == "35001"
    wanted = ChangeKind.ESCALATION_REQUESTED if "escalation_requested" in body else ChangeKind.PRIORITY_CHANGED
    assert change.kind is wanted and connector.needs_read(change, None)


def test_events_to_subscribe_to_are_known_to_the_mappings() -> None:
    events = re.findall(r'"(zen:event-type:[^"]+)"', page_of("zendesk"))
    topics = re.findall(r"\b(?:conversation|conversation_part|ticket)\.[a-z_.]+[a-z]\b", fenced("text", page_of("intercom")))
    for helpdesk, names in (("zendesk", events), ("intercom", topics)):
        text = (ROOT / "mappings" / f"{helpdesk}.yaml").read_text(encoding="utf-8")
        assert len(names) > 10 and [name for name in names if not re.search(rf'"?{re.escape(name)}"?: [a-z_]+', text)] == []


def fenced(kind: str, text: str) -> str:
    return "\n".join(re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL))

"""Blocks, inputs and pages as HTML: all are drawn, a faulty one leaves the rest standing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.local import demo
from infra.local.manifest import FILE as MANIFEST
from infra.local.workspace import WorkspaceConfig, blocks_html, config, declared_by
from infra.local.workspace.conversations import Message, with_block_ids
from infra.local.workspace.emoji import EMOJI
from infra.local.workspace.inspector import row
from infra.local.workspace.page import HOME, Page, Seat
from infra.local.workspace.reader import Reader
from infra.local.workspace.state import Logged, Workspace

Json = dict[str, Any]
CONFIG = WorkspaceConfig(app_url="http://127.0.0.1:1")
READER = Reader(CONFIG, "U0AGENT01", now=0, zone="UTC")
STATIC = Path(blocks_html.__file__).parent / "static"


def draw(*blocks: Json) -> str:
    return str(blocks_html.blocks_html(with_block_ids(list(blocks)), scope="1.0", reader=READER))


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def field(element: Json, **fields: Any) -> Json:
    return {"type": "input", "label": plain("Name"), "element": {"action_id": "in", **element}, **fields}


TYPED = {"type": "plain_text_input"}
OPTION = {"text": plain("One"), "value": "1", "description": plain("the first")}


@pytest.mark.parametrize(
    ("block", "piece"),
    [
        ({"type": "header", "text": plain("Head")}, "<h3>Head</h3>"),
        ({"type": "divider"}, "<hr>"),
        ({"type": "section", "fields": [plain("a"), plain("b")]}, '<div class="fields"><div>a</div><div>b</div></div>'),
        ({"type": "context", "elements": [plain("small")]}, "<span>small</span>"),
        ({"type": "image", "alt_text": "A roof", "image_url": "https://a.example/x.png"}, 'aria-label="A roof"'),
        ({"type": "markdown", "text": "**x**"}, "<b>x</b>"),
        (
            {"type": "table", "rows": [[{"type": "raw_text", "text": "H"}], [{"type": "raw_text", "text": "c"}]]},
            "<tbody><tr><td>c</td></tr></tbody>",
        ),
        (
            {
                "type": "rich_text",
                "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "a\nb"}]}],
            },
            "<pre>a\nb</pre>",
        ),
        (
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_list",
                        "style": "ordered",
                        "elements": [
                            {
                                "type": "rich_text_section",
                                "elements": [{"type": "text", "text": "x", "style": {"bold": True}}],
                            }
                        ],
                    }
                ],
            },
            "<li><b>x</b></li>",
        ),
        (field({"type": "plain_text_input", "multiline": True, "initial_value": "a\nb"}), ">\na\nb</textarea>"),
        (field({"type": "datepicker", "initial_date": "2026-10-09"}), 'type="date" value="2026-10-09"'),
        (field({"type": "radio_buttons", "options": [OPTION]}), 'role="radiogroup"'),
        (field({"type": "checkboxes", "options": [OPTION], "initial_options": [OPTION]}), 'value="1" checked>'),
        (field({"type": "external_select"}), 'data-least="3"'),
        (field({"type": "external_select", "initial_option": OPTION}), 'value="One"'),
        (field({"type": "users_select"}), 'data-value="U0SPEC001"'),
        (field({"type": "channels_select"}), 'data-label="#general"'),
        (field({"type": "file_input", "filetypes": ["xlsx"]}), 'accept=".xlsx"'),
        (field({"type": "plain_text_input"}, optional=True), "(optional)"),
        (field({"type": "plain_text_input"}, hint=plain("Help")), ">Help</div>"),
        (
            field({**TYPED, "dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]}},
                dispatch_action=True),
            'data-dispatch="character"',
        ),
    ],
)  # fmt: skip
def test_a_block_is_drawn(block: Json, piece: str) -> None:
    drawn = draw(block)
    assert piece in drawn
    assert "placeholder" not in drawn.replace('placeholder="', "")


def test_a_faulty_block_becomes_a_placeholder_and_the_rest_stays() -> None:
    drawn = draw(
        {"type": "divider"}, {"type": "hologram"}, {"type": "header"}, {"type": "header", "text": plain("Head")}
    )
    assert drawn.count("This block cannot be shown") == 2
    assert "<h3>Head</h3>" in drawn


def test_a_field_names_its_label_hint_and_error() -> None:
    drawn = draw(field({"type": "plain_text_input"}, hint=plain("Help"), block_id="b"))
    label = drawn.split('id="')[1].split('"')[0]
    assert f'aria-labelledby="{label}"' in drawn
    assert f'aria-describedby="{label}-hint {label}-error"' in drawn
    assert f'id="{label}-error" data-error-for="b"' in drawn


def test_text_from_an_app_is_escaped_everywhere() -> None:
    evil = '"><script>alert(1)</script>'
    option = {"text": plain(evil), "value": evil, "description": plain(evil)}
    drawn = draw(
        {"type": "header", "block_id": evil, "text": plain(evil)},
        {"type": "actions", "elements": [{"type": "button", "action_id": evil, "text": plain(evil), "value": evil}]},
        field({"type": "static_select", "options": [option], "initial_option": option, "placeholder": plain(evil)}),
        field({"type": "radio_buttons", "options": [option]}, block_id=f"{evil}2"),
    )
    assert "<script" not in drawn
    assert "cannot be shown" not in drawn


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(CONFIG)


def test_the_page_shows_whom_one_acts_as_and_where(workspace: Workspace) -> None:
    page = str(Page(workspace, Seat("U0SPEC001", "C0RESOLUT")).html())
    assert '<option value="U0SPEC001" selected>Priya Nair' in page
    assert 'aria-current="page" data-place="C0RESOLUT"' in page
    assert "/infinity" in page


def test_a_private_message_says_so(workspace: Workspace) -> None:
    workspace.post(Message(ts="1.0", channel="C0RESOLUT", user="U0SOPDESK", text="psst", only_for="U0SPEC001"))
    assert "Only visible to you" in Page(workspace, Seat("U0SPEC001", "C0RESOLUT")).messages()
    assert "psst" not in Page(workspace, Seat("U0AGENT01", "C0RESOLUT")).messages()


def test_a_home_that_was_not_published_says_so(workspace: Workspace) -> None:
    assert "has not published" in Page(workspace, Seat("U0SPEC001", HOME)).home()


def test_a_read_only_conversation_with_the_app_has_no_composer() -> None:
    workspace = Workspace(WorkspaceConfig(app_url="http://127.0.0.1:1", is_dm_read_only=True))
    assert 'class="composer"' not in Page(workspace, Seat("U0AGENT01", "D0AGENT01")).html()


def test_a_text_field_says_how_much_it_takes() -> None:
    assert ' minlength="2" maxlength="9">' in draw(field({**TYPED, "min_length": 2, "max_length": 9}))
    assert ' maxlength="3000">' in draw(field(TYPED))
    assert "maxlength" not in draw(field({"type": "email_text_input"}))


def test_the_inspector_keeps_the_whole_of_a_long_name() -> None:
    line = Logged(id=1, at=0.0, label="block_actions a:very:long:action", is_inbound=False)
    assert 'title="block_actions a:very:long:action"' in row(line)


def test_the_demos_app_says_of_itself_what_its_manifest_says() -> None:
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    cast = demo._cast()
    assert cast["events"] == tuple(manifest["settings"]["event_subscriptions"]["bot_events"])
    assert declared_by(manifest).items() <= cast.items()
    assert len(cast["people"]) > 1


def test_fonts_and_drawings_stay_small_and_carry_their_licences() -> None:
    assert sum(file.stat().st_size for file in STATIC.rglob("*")) < 300_000
    assert {file.name for file in STATIC.rglob("*OFL.txt")} == {"lato-OFL.txt", "desk-emoji-OFL.txt"}


def test_the_page_asks_nothing_of_other_hosts() -> None:
    for file in [*STATIC.glob("*.css"), *STATIC.glob("*.js")]:
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        assert "http://" not in text
        assert "https://" not in text


def test_every_emoji_is_one_character_perhaps_with_a_selector() -> None:
    assert all(len(drawn.rstrip("\ufe0f\u20e3")) == 1 for drawn in EMOJI.values())


def test_the_cast_and_the_apps_own_words_are_read_from_files() -> None:
    cast = config.cast_of({"workspace": {"people": {"U1": "Ana Silva", "U2": {"name": "Ben", "title": "Lead"}}}})
    assert cast == {"people": (config.Person("U1", "Ana Silva"), config.Person("U2", "Ben", "Lead"))}
    declared = declared_by(
        {
            "features": {
                "slash_commands": [{"command": "/sop", "description": "All"}],
                "app_home": {"messages_tab_read_only_enabled": True},
            },
            "settings": {"event_subscriptions": {"bot_events": ["app_home_opened"]}},
        }
    )
    assert declared == {
        "commands": (config.Command("/sop", "", "All"),),
        "events": ("app_home_opened",),
        "is_dm_read_only": True,
    }

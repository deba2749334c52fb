"""What is told of a case: golden sentences for every state and event, pinging whoever has to act and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.workspace import limits
from sop_core.cases.case import Document
from sop_core.cases.transitions import ACTIONS
from sop_slack.cards import case_sentence
from sop_slack.case_views import FORMS, details, form
from sop_slack.stories import direct_message, event_message, handled_message
from tests.builders.cases import NASTY, a_case, an_event

DUE = "<!date^1795471200^{date_short_pretty} {time}|2026-11-23 22:00 UTC>"
SENTENCES: dict[str, tuple[dict[str, Any], str]] = {
    "open": (
        {"tags": ()},
        (
            "🟡 SOP-7K3M9QPD Infinity Callbacks: open, assigned to Customer Support Resolution Specialist, "
            f"due {DUE}. Next: claim it."
        ),
    ),
    "claimed": (
        {"assignee": "U0SPEC001"},
        f"🔵 SOP-7K3M9QPD Infinity Callbacks: claimed by <@U0SPEC001>, due {DUE}. Next: see to it, then close it.",
    ),
    "overdue": (
        {"state": "claimed", "assignee": "U0SPEC001", "reminded": ("due",)},
        f"🔴 SOP-7K3M9QPD Infinity Callbacks: claimed by <@U0SPEC001>, due {DUE}. Next: see to it, then close it.",
    ),
    "returned": (
        {"assignee": "U0SPEC001"},
        "🟠 SOP-7K3M9QPD Infinity Callbacks: returned to the case owner, maya.torres. Next: void it or send it again.",
    ),
    "closed": (
        {"closed_by": "U0SPEC001", "closed_reason": "Duplicate case"},
        "✅ SOP-7K3M9QPD Infinity Callbacks: closed by <@U0SPEC001>, Duplicate case. Nothing left to do.",
    ),
    "voided": (
        {"closed_by": "U0AGENT01", "closed_reason": "Case Voided"},
        "⚪ SOP-7K3M9QPD Infinity Callbacks: voided by <@U0AGENT01>, Case Voided. Nothing left to do.",
    ),
}
LINES: dict[str, tuple[dict[str, Any], str]] = {
    "claim": ({}, "SOP-7K3M9QPD: priya.nair claimed the case."),
    "assign": (
        {"mentions": ("U0SPEC002",), "reason": "Ill"},
        (
            "<@U0SPEC002> SOP-7K3M9QPD: this case is yours now, due "
            "<!date^1795471200^{date_short_pretty} at {time}|2026-11-23 22:00 UTC>. "
            "priya.nair assigned the case. Reason: Ill."
        ),
    ),
    "return": ({"reason": "Why?"}, "SOP-7K3M9QPD: priya.nair returned the case to its owner. Reason: Why?"),
    "attach": (
        {"mentions": ("U0AGENT01",), "documents": ("F1",)},
        (
            "<@U0AGENT01> SOP-7K3M9QPD: supporting documentation has been attached. "
            "priya.nair attached supporting documentation."
        ),
    ),
    "remind": (
        {"mentions": ("U0SPEC001", "S0LEADS"), "reason": "due,promise"},
        (
            "<@U0SPEC001> <!subteam^S0LEADS> SOP-7K3M9QPD: this case was due "
            "<!date^1795471200^{date_short_pretty} at {time}|2026-11-23 22:00 UTC> and is open. "
            "48 business hours have passed since the customer was promised to be contacted."
        ),
    ),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_the_fallback_text_of_a_card_says_it_all(name: str) -> None:
    changed, expected = SENTENCES[name]
    assert case_sentence(a_case(**({"state": name, "tags": ()} | changed))) == expected


@pytest.mark.parametrize("name", LINES)
def test_the_line_of_an_event(name: str) -> None:
    changed, expected = LINES[name]
    assert event_message(a_case(), an_event(action=name, **changed)).text == expected


def test_where_nobody_is_called_the_sentence_begins_with_a_capital() -> None:
    asked = event_message(a_case(promised_until="2026-11-25T10:00:00Z"), an_event(action="ask_update"))
    assert asked.blocks[0]["text"]["text"].startswith("The customer asks for news.")


@pytest.mark.parametrize("action", ACTIONS)
def test_whatever_is_told_keeps_slacks_limits_and_lets_typed_text_ping_nobody(action: str) -> None:
    files = tuple(
        Document(id=f"F{number}", name=NASTY + "n" * 200, size=1, key="k", by="U1", at="") for number in range(10)
    )
    case = a_case(state="claimed", assignee="U0SPEC001", documents=files, promised_until="2026-11-23T22:00:00Z")
    event = an_event(
        action=action,
        reason=(NASTY + "r" * 500)[:500] if action != "remind" else "due",
        note=NASTY + "n" * 900,
        actor_name="<!here>",
        documents=tuple(each.id for each in files),
    )
    for message in (event_message(case, event), direct_message(case, event), handled_message(case, event)):
        limits.check_message(text=message.text, blocks=list(message.blocks))
        markup = [text for text in markup_of(message.blocks) if "<!channel>" in text or "<!here>" in text]
        assert not markup
        assert "<!channel>" not in message.text
        assert "<!here>" not in message.text


@pytest.mark.parametrize("action", FORMS)
def test_every_form_keeps_slacks_limits(action: str) -> None:
    case = a_case(confirmations=("Contact was made by the third party", "The process is complete"))
    limits.check_view(form(case, action, '{"case":"SOP-7K3M9QPD","version":1}'))


def test_the_details_keep_slacks_limits_with_all_there_can_be() -> None:
    files = some_files(40)
    case = a_case(
        state="claimed",
        assignee="U0SPEC001",
        documents=files,
        notes={"caller_name": "n" * 200, "reason_of_call": "r" * 3000, "callback_number": "1" * 40},
    )
    events = [an_event(version=n, action="note", note="n" * 1000) for n in range(1, 60)]
    view = details(
        case,
        events,
        actions=("claim", "assign", "return", "close", "ask_update", "note", "attach", "link"),
        links=links_to(files),
        metadata="{}",
    )
    limits.check_view(view)


@pytest.mark.parametrize("count", [1, 3, 15])
def test_every_document_has_its_whole_link(count: int) -> None:
    """A link is signed, with a session's token in it: cut short it opens nothing."""
    files = some_files(count)
    view = details(a_case(documents=files), [], actions=(), links=links_to(files), metadata="{}")
    said = markup_of(view["blocks"])
    assert all(any(f"<{link}|" in text and text.endswith(">") for text in said) for link in links_to(files).values())


def test_of_many_documents_the_newest_are_shown_and_the_others_counted() -> None:
    files = some_files(18)
    view = details(a_case(documents=files), [], actions=(), links=links_to(files), metadata="{}")
    shown = [text for text in markup_of(view["blocks"]) if text.startswith("• <")]
    assert len(shown) == 15
    assert "/F17" in shown[0]
    assert "*Documents* (the newest 15 of 18)" in markup_of(view["blocks"])


def some_files(count: int) -> tuple[Document, ...]:
    return tuple(Document(id=f"F{n}", name="&" * 255, size=1, key="k", by="U1", at="") for n in range(count))


def links_to(files: tuple[Document, ...]) -> dict[str, str]:
    """Return links as long as those that a function signs on AWS."""
    return {each.id: f"https://bucket.example/{each.id}?" + "k" * 1600 for each in files}


def markup_of(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["text"]] if value.get("type") == "mrkdwn" else []
        return own + [text for child in value.values() for text in markup_of(child)]
    if isinstance(value, list | tuple):
        return [text for child in value for text in markup_of(child)]
    return []

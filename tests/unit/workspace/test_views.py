"""Trigger ids live three seconds and work once; modals stack to three; a stale hash is refused."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.workspace.errors import Refused
from infra.local.workspace.views import Views

Json = dict[str, Any]
USER = "U0AGENT01"


def modal(**fields: Any) -> Json:
    blocks = [{"type": "divider", "block_id": "line"}]
    return {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": blocks, **fields}


@pytest.fixture
def views() -> Views:
    return Views(team="T1", app="A1", bot="B1")


def test_a_trigger_opens_one_modal(views: Views) -> None:
    trigger = views.trigger(user=USER, now=0)
    view = views.open(trigger_id=trigger, definition=modal(), now=3)
    assert views.stacks[USER] == [view]
    with pytest.raises(Refused, match="exchanged_trigger_id"):
        views.open(trigger_id=trigger, definition=modal(), now=3)


def test_a_trigger_is_too_old_after_three_seconds(views: Views) -> None:
    trigger = views.trigger(user=USER, now=0)
    with pytest.raises(Refused, match="expired_trigger_id"):
        views.open(trigger_id=trigger, definition=modal(), now=3.1)


def test_an_unknown_trigger_is_invalid(views: Views) -> None:
    with pytest.raises(Refused, match="invalid_trigger"):
        views.open(trigger_id="1.2", definition=modal(), now=0)


def test_a_faulty_view_leaves_the_trigger_unspent(views: Views) -> None:
    trigger = views.trigger(user=USER, now=0)
    with pytest.raises(Refused, match="invalid_arguments"):
        views.open(trigger_id=trigger, definition=modal(title=None), now=0)
    views.open(trigger_id=trigger, definition=modal(), now=0)


def test_three_modals_lie_on_each_other_and_no_more(views: Views) -> None:
    bottom = views.open(trigger_id=views.trigger(user=USER, now=0), definition=modal(), now=0)
    for _ in range(2):
        top = views.push(trigger_id=views.trigger(user=USER, now=0, view=bottom.id), definition=modal(), now=0)
    assert (top.root, top.previous) == (bottom.id, views.stacks[USER][1].id)
    with pytest.raises(Refused, match="push_limit_reached"):
        views.push(trigger_id=views.trigger(user=USER, now=0, view=top.id), definition=modal(), now=0)


def test_a_push_needs_a_trigger_from_a_modal(views: Views) -> None:
    views.open(trigger_id=views.trigger(user=USER, now=0), definition=modal(), now=0)
    with pytest.raises(Refused, match="invalid_trigger"):
        views.push(trigger_id=views.trigger(user=USER, now=0), definition=modal(), now=0)


def test_an_update_with_an_old_hash_is_refused(views: Views) -> None:
    view = views.open(trigger_id=views.trigger(user=USER, now=0), definition=modal(), now=0)
    first = view.hash
    views.update(view_id=view.id, definition=modal(), expected_hash=first, now=0)
    assert view.hash != first
    with pytest.raises(Refused, match="hash_conflict"):
        views.update(view_id=view.id, definition=modal(), expected_hash=first, now=0)


def test_a_modal_is_found_by_its_external_id_which_no_other_may_have(views: Views) -> None:
    view = views.open(trigger_id=views.trigger(user=USER, now=0), definition=modal(external_id="x"), now=0)
    views.update(view_id=None, external_id="x", definition=modal(external_id="x"), expected_hash=None, now=0)
    with pytest.raises(Refused, match="duplicate_external_id"):
        views.open(trigger_id=views.trigger(user="U2", now=0), definition=modal(external_id="x"), now=0)
    assert views.find(view_id=None, external_id="x") is view


def test_a_closed_modal_is_not_found(views: Views) -> None:
    view = views.open(trigger_id=views.trigger(user=USER, now=0), definition=modal(), now=0)
    views.close(view)
    with pytest.raises(Refused, match="not_found"):
        views.update(view_id=view.id, definition=modal(), expected_hash=None, now=0)


def test_a_home_tab_keeps_its_id_over_publications(views: Views) -> None:
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    first = views.publish(user=USER, definition=home, expected_hash=None, now=0)
    second = views.publish(user=USER, definition=home, expected_hash=first.hash, now=0)
    assert first.id == second.id
    with pytest.raises(Refused, match="hash_conflict"):
        views.publish(user=USER, definition=home, expected_hash=first.hash, now=0)


def test_a_view_is_sent_with_all_of_slacks_fields(views: Views) -> None:
    view = views.open(trigger_id=views.trigger(user=USER, now=0), definition=modal(), now=0)
    payload = views.payload(view, values={"b": {}})
    assert payload["state"] == {"values": {"b": {}}}
    fields = "id hash root_view_id previous_view_id private_metadata callback_id external_id team_id app_id bot_id"
    assert set(fields.split()) <= set(payload)
    assert {"title", "submit", "close", "clear_on_close", "notify_on_close"} <= set(payload)

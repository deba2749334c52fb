"""Messages: who is pinged, what is unread, what an app may change, and what outlives the process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.local.workspace import WorkspaceConfig, web_api
from infra.local.workspace.config import Group
from infra.local.workspace.conversations import Message
from infra.local.workspace.errors import Refused
from infra.local.workspace.response_urls import use
from infra.local.workspace.state import Workspace

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]
MAYA, SAM, BOT = "U0AGENT01", "U0AGENT02", "U0SOPDESK"
CHANNEL = "C0RESOLUT"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(clock: Clock) -> Workspace:
    group = Group("S1", "leads", "Leads", (SAM,))
    return Workspace(WorkspaceConfig(app_url="http://127.0.0.1:1", clock=clock, groups=(group,)))


def call(workspace: Workspace, method: str, **args: Any) -> Json:
    return web_api.call(workspace, method, args, token="xoxb-local")


def section(text: str, *, kind: str = "mrkdwn", **fields: Any) -> Json:
    return {"type": "section", "text": {"type": kind, "text": text, **fields}}


def rich(element: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}


@pytest.mark.parametrize(
    ("fields", "is_pinged"),
    [
        ({"text": f"<@{SAM}>"}, True),
        ({"text": f"<@{MAYA}>"}, False),
        ({"text": "<!subteam^S1>"}, True),
        ({"text": "<!here>"}, True),
        ({"text": "@here"}, False),
        ({"text": "x", "blocks": [section("@here")]}, True),
        ({"text": "x", "blocks": [section("@here", verbatim=True)]}, False),
        ({"text": "x", "blocks": [section("@here", kind="plain_text")]}, False),
        ({"text": "x", "blocks": [section(f"<@{SAM}>", kind="plain_text")]}, False),
        ({"text": "x", "blocks": [rich({"type": "text", "text": "@here <!here>"})]}, False),
        ({"text": "x", "blocks": [rich({"type": "user", "user_id": SAM})]}, True),
        ({"text": "x", "blocks": [rich({"type": "broadcast", "range": "here"})]}, True),
        ({"text": "x", "blocks": [{"type": "section", "fields": [{"type": "mrkdwn", "text": f"<@{SAM}>"}]}]}, True),
    ],
)
def test_a_message_pings_as_it_would_in_slack(workspace: Workspace, fields: Json, is_pinged: bool) -> None:  # noqa: FBT001  a table
    call(workspace, "chat.postMessage", channel=CHANNEL, **fields)
    assert workspace.conversations.unread(SAM, CHANNEL) == (1, int(is_pinged))


def test_reading_a_channel_takes_its_badge_away(workspace: Workspace) -> None:
    call(workspace, "chat.postMessage", channel=CHANNEL, text=f"<@{SAM}>")
    workspace.conversations.mark_read(SAM, CHANNEL)
    assert workspace.conversations.unread(SAM, CHANNEL) == (0, 0)
    call(workspace, "chat.postMessage", channel=CHANNEL, text="more")
    assert workspace.conversations.unread(SAM, CHANNEL) == (1, 0)


def test_every_direct_message_counts_as_a_mention(workspace: Workspace) -> None:
    opened = call(workspace, "conversations.open", users=SAM)
    call(workspace, "chat.postMessage", channel=opened["channel"]["id"], text="hello")
    assert workspace.conversations.unread(SAM, opened["channel"]["id"]) == (1, 1)


def test_metadata_is_returned_only_when_asked_for(workspace: Workspace) -> None:
    metadata = {"event_type": "sop_desk_delivery", "event_payload": {"delivery": "d1"}}
    call(workspace, "chat.postMessage", channel=CHANNEL, text="x", metadata=metadata)
    assert "metadata" not in call(workspace, "conversations.history", channel=CHANNEL)["messages"][0]
    found = call(workspace, "conversations.history", channel=CHANNEL, include_all_metadata=True)
    assert found["messages"][0]["metadata"] == metadata


def test_history_is_newest_first_in_pages_and_without_replies(workspace: Workspace) -> None:
    first = call(workspace, "chat.postMessage", channel=CHANNEL, text="1")["ts"]
    call(workspace, "chat.postMessage", channel=CHANNEL, text="2")
    call(workspace, "chat.postMessage", channel=CHANNEL, text="reply", thread_ts=first)
    page = call(workspace, "conversations.history", channel=CHANNEL, limit=1)
    assert [each["text"] for each in page["messages"]] == ["2"]
    cursor = page["response_metadata"]["next_cursor"]
    rest = call(workspace, "conversations.history", channel=CHANNEL, limit=1, cursor=cursor)
    assert [each["text"] for each in rest["messages"]] == ["1"]
    assert rest["messages"][0]["reply_count"] == 1
    newer = call(workspace, "conversations.history", channel=CHANNEL, oldest=first)
    assert [each["text"] for each in newer["messages"]] == ["2"]
    thread = call(workspace, "conversations.replies", channel=CHANNEL, ts=first)
    assert [each["text"] for each in thread["messages"]] == ["1", "reply"]


def test_new_text_takes_the_blocks_away_and_reads_edited(workspace: Workspace) -> None:
    ts = call(workspace, "chat.postMessage", channel=CHANNEL, text="x", blocks=[section("a")])["ts"]
    blocks = call(workspace, "chat.update", channel=CHANNEL, ts=ts, text="y", blocks=[section("b")])["message"]
    assert "edited" not in blocks
    text = call(workspace, "chat.update", channel=CHANNEL, ts=ts, text="z")["message"]
    assert "blocks" not in text
    assert text["edited"]["user"] == BOT


def test_the_app_changes_only_its_own_messages(workspace: Workspace) -> None:
    theirs = workspace.post(Message(ts="1.000001", channel=CHANNEL, user=MAYA, text="mine"))
    assert call(workspace, "chat.update", channel=CHANNEL, ts=theirs.ts, text="x")["error"] == "cant_update_message"
    assert call(workspace, "chat.update", channel=CHANNEL, ts="9.0", text="x")["error"] == "message_not_found"


@pytest.mark.parametrize(
    ("method", "args", "token", "error"),
    [
        ("auth.test", {}, None, "not_authed"),
        ("auth.test", {}, "xoxb-other", "invalid_auth"),
        ("nothing.known", {}, "xoxb-local", "unknown_method"),
        ("chat.postMessage", {"channel": "C404", "text": "x"}, "xoxb-local", "channel_not_found"),
        ("chat.postMessage", {"text": "x"}, "xoxb-local", "invalid_arguments"),
        ("chat.postMessage", {"channel": CHANNEL, "text": "x", "thread_ts": "1.0"}, "xoxb-local", "thread_not_found"),
        ("users.info", {"user": "U404"}, "xoxb-local", "user_not_found"),
        ("conversations.open", {"users": "U404"}, "xoxb-local", "user_not_found"),
        ("usergroups.users.list", {"usergroup": "S404"}, "xoxb-local", "no_such_subteam"),
        ("files.info", {"file": "F404"}, "xoxb-local", "file_not_found"),
        ("views.open", {"view": {"type": "modal"}}, "xoxb-local", "invalid_arguments"),
        ("chat.postMessage", {"channel": CHANNEL, "blocks": "{"}, "xoxb-local", "invalid_blocks_format"),
    ],
)
def test_the_web_api_refuses_with_slacks_names(
    workspace: Workspace, method: str, args: Json, token: str | None, error: str
) -> None:
    assert web_api.call(workspace, method, args, token=token)["error"] == error


def test_members_of_a_group_are_listed(workspace: Workspace) -> None:
    assert call(workspace, "usergroups.users.list", usergroup="S1")["users"] == [SAM]
    assert call(workspace, "usergroups.list", include_users=True)["usergroups"][0]["users"] == [SAM]


def test_blocks_may_come_as_json_in_a_string(workspace: Workspace) -> None:
    answer = call(workspace, "chat.postMessage", channel=CHANNEL, blocks='[{"type": "divider"}]')
    assert answer["message"]["blocks"] == [{"type": "divider", "block_id": "b0"}]


def test_a_response_url_works_five_times(workspace: Workspace) -> None:
    hook = workspace.hook(channel=CHANNEL, user=MAYA).rsplit("/", 1)[-1]
    for _ in range(5):
        use(workspace, hook, {"text": "x"})
    with pytest.raises(Refused, match="used_url"):
        use(workspace, hook, {"text": "x"})


def test_a_response_url_works_for_thirty_minutes(workspace: Workspace, clock: Clock) -> None:
    hook = workspace.hook(channel=CHANNEL, user=MAYA).rsplit("/", 1)[-1]
    clock.now += 1800
    use(workspace, hook, {"text": "x"})
    clock.now += 1
    with pytest.raises(Refused, match="expired_url"):
        use(workspace, hook, {"text": "x"})


def test_a_response_is_private_unless_it_says_otherwise(workspace: Workspace) -> None:
    hook = workspace.hook(channel=CHANNEL, user=MAYA).rsplit("/", 1)[-1]
    use(workspace, hook, {"text": "private"})
    use(workspace, hook, {"text": "public", "response_type": "in_channel"})
    assert [each.text for each in workspace.conversations.history(CHANNEL, viewer=SAM)] == ["public"]
    assert [each.text for each in workspace.conversations.history(CHANNEL, viewer=MAYA)] == ["private", "public"]


def test_a_response_replaces_or_deletes_its_message_and_keeps_it_private(workspace: Workspace) -> None:
    ts = call(workspace, "chat.postEphemeral", channel=CHANNEL, user=MAYA, text="a")["message_ts"]
    hook = workspace.hook(channel=CHANNEL, user=MAYA, message_ts=ts).rsplit("/", 1)[-1]
    use(workspace, hook, {"text": "b", "replace_original": True, "response_type": "in_channel"})
    replaced = workspace.conversations.get(CHANNEL, ts)
    assert (replaced.text, replaced.only_for) == ("b", MAYA)
    use(workspace, hook, {"delete_original": True})
    assert workspace.conversations.history(CHANNEL, viewer=MAYA) == []


def test_messages_files_and_homes_outlive_the_process_and_private_ones_do_not(
    workspace: Workspace, tmp_path: Path
) -> None:
    call(workspace, "chat.postMessage", channel=CHANNEL, text="kept", metadata={"event_type": "e"})
    call(workspace, "chat.postEphemeral", channel=CHANNEL, user=MAYA, text="private")
    call(workspace, "views.publish", user_id=MAYA, view={"type": "home", "blocks": [{"type": "divider"}]})
    file = workspace.files.add(name="a.xlsx", content=b"PK", user=MAYA, now=1)
    workspace.save(tmp_path / "state" / "workspace.json")
    again = Workspace(workspace.config)
    again.load(tmp_path / "state" / "workspace.json")
    [message] = again.conversations.history(CHANNEL, viewer=MAYA)
    assert (message.text, message.metadata) == ("kept", {"event_type": "e"})
    assert again.files.get(file.id).content == b"PK"
    assert again.views.homes[MAYA].blocks == [{"type": "divider", "block_id": "b0"}]


def test_two_messages_of_one_moment_have_two_time_stamps(workspace: Workspace) -> None:
    assert workspace.conversations.next_ts(1.0) != workspace.conversations.next_ts(1.0)

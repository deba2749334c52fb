"""A Bolt app in the workspace: every way in, and what comes back."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from infra.local.workspace import routes_page
from infra.local.workspace.files import MEGABYTE, MESSAGE_FILE_BYTES
from tests.integration.workspace.acting import Hands
from tests.integration.workspace.conftest import Clock
from tests.integration.workspace.demo_app import TOKEN, app_at, card, every_input_view, form_view, workspace_at

if TYPE_CHECKING:
    from infra.local.workspace import WorkspaceServer
    from tests.integration.workspace.demo_app import DemoApp

Json = dict[str, Any]


def typed(**values: list[str]) -> dict[str, dict[str, list[str]]]:
    """What the page reports: every field's action id is ``in``."""
    return {block: {"in": chosen} for block, chosen in values.items()}


FILLED = {"severity": ["2"], "team": ["pay"], "service": ["Payments API"], "notes": []}


def test_a_command_opens_a_modal_that_grows_refuses_and_ends_in_a_message(maya: Hands, demo: DemoApp) -> None:
    maya.say("/incident  made by hand ")
    command = demo.last("command")
    assert (command["command"], command["text"], command["user_name"]) == ("/incident", "made by hand", "maya.torres")
    [modal] = maya.stack()
    view = {"view": modal["id"]}

    found = maya.post("/ui/suggest", block="service", action="in", value="pay", typed=typed(title=["Pay"]), **view)
    assert found["html"].count('role="option"') == 2
    search = demo.last("search")
    assert (search["action_id"], search["block_id"], search["value"]) == ("in", "service", "pay")
    assert search["view"]["state"]["values"]["title"]["in"] == {"type": "plain_text_input", "value": "Pay"}

    answer = maya.act("severity", "in", chosen=("2",), typed=typed(title=["Pay"], severity=["2"]), **view)
    changed = demo.last("changed")
    assert changed["actions"][0]["selected_option"]["value"] == "2"
    assert changed["view"]["private_metadata"] == "made by hand"
    assert "Tell the lead at once." in answer["stack"]["modals"][0]["html"]

    refused = maya.post("/ui/submit", typed=typed(title=["Pay"], **FILLED), **view)
    assert refused["errors"] == {"title": "Use at least 8 characters, so that people know what broke."}
    assert len(refused["stack"]["modals"]) == 1

    taken = maya.post("/ui/submit", typed=typed(title=["Checkout is down"], **FILLED), **view)
    assert taken["stack"]["modals"] == []
    state = demo.last("declare")["view"]["state"]["values"]
    assert state["service"]["in"]["selected_option"]["text"]["text"] == "Payments API"
    assert state["notes"]["in"] == {"type": "plain_text_input", "value": None}
    assert "INC-142: Checkout returns 502" in maya.page()


def test_a_required_field_is_refused_without_asking_the_app(maya: Hands, demo: DemoApp) -> None:
    maya.say("/incident")
    [modal] = maya.stack()
    answer = maya.post("/ui/submit", view=modal["id"], typed=typed(title=["long enough"]))
    assert set(answer["errors"]) == {"severity", "team", "service"}
    assert "declare" not in demo.kinds()


def test_a_button_updates_its_message_and_answers_in_the_thread(maya: Hands, priya: Hands, demo: DemoApp) -> None:
    demo.client.chat_postMessage(channel="C0RESOLUT", text="A case", blocks=card("Investigating"))
    ts = maya.last_ts()
    maya.act("buttons", "claim", channel="C0RESOLUT", ts=ts)
    claim = demo.last("claim")
    assert claim["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": "C0RESOLUT",
        "is_ephemeral": False,
    }
    assert claim["actions"][0]["value"] == "INC-142"
    assert "Acknowledged by" in priya.page()
    assert "1 reply" in priya.page()
    thread = demo.client.conversations_replies(channel="C0RESOLUT", ts=ts)["messages"]
    assert [each["text"] for each in thread][1:] == ["<@U0AGENT01> acknowledged."]


def test_a_menu_and_a_private_response(maya: Hands, priya: Hands, demo: DemoApp) -> None:
    demo.client.chat_postMessage(channel="C0RESOLUT", text="A case", blocks=card("Investigating"))
    ts = maya.last_ts()
    maya.act("buttons", "more", chosen=("assign",), channel="C0RESOLUT", ts=ts)
    assert demo.last("more")["actions"][0]["selected_option"]["value"] == "assign"
    maya.act("buttons", "resolve", channel="C0RESOLUT", ts=ts)
    assert "Resolved. Thank you." in maya.page()
    assert "Resolved. Thank you." not in priya.page()


def test_an_answer_to_a_command_is_private(maya: Hands, priya: Hands) -> None:
    maya.say("/hello")
    assert "Hello, maya.torres" in maya.page()
    assert "Hello, maya.torres" not in priya.page()


def test_a_late_answer_is_told_as_operation_timeout(
    maya: Hands, priya: Hands, server: WorkspaceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = server._app.state.workspace
    monkeypatch.setattr(workspace, "config", msgspec.structs.replace(workspace.config, ack_seconds=0.1))
    maya.say("/slow")
    assert "/slow failed with the error “operation_timeout”" in maya.page()
    assert "operation_timeout" not in priya.page()


def test_commands_that_do_not_exist_and_commands_in_threads_are_refused(maya: Hands, demo: DemoApp) -> None:
    maya.say("/nothing")
    assert "/nothing is not a valid command" in maya.page()
    maya.say("a message")
    maya.say("/incident", thread=maya.last_ts())
    assert "command" not in demo.kinds()


def test_typed_text_is_escaped_and_names_become_mentions(maya: Hands, demo: DemoApp) -> None:
    maya.say("<!channel> & @Priya Nair")
    latest = demo.client.conversations_history(channel="C0RESOLUT", limit=1)["messages"][0]
    assert latest["text"] == "&lt;!channel&gt; &amp; <@U0SPEC001>"


def test_closing_is_told_when_asked_for(maya: Hands, demo: DemoApp) -> None:
    maya.say("/incident")
    [modal] = maya.stack()
    maya.post("/ui/close", view=modal["id"])
    closed = demo.last("closed")
    assert (closed["type"], closed["view"]["id"], closed["is_cleared"]) == ("view_closed", modal["id"], False)
    assert maya.stack() == []


def test_opening_the_home_tab_publishes_it(maya: Hands, demo: DemoApp) -> None:
    maya.post("/ui/opened", channel="home")
    assert demo.wait_for("home")["tab"] == "home"
    assert "Nothing waits for you." in maya.page("home")


def test_a_direct_message_reaches_the_app(maya: Hands, demo: DemoApp) -> None:
    maya.channel = "D0AGENT01"
    maya.say("is anyone there?")
    event = demo.wait_for("message")
    assert (event["channel_type"], event["user"], event["text"]) == ("im", "U0AGENT01", "is anyone there?")


def test_another_persons_modal_cannot_be_acted_in(maya: Hands, priya: Hands, demo: DemoApp) -> None:
    maya.say("/incident")
    [modal] = maya.stack()
    answer = priya.post("/ui/submit", view=modal["id"], typed=typed(title=["long enough"], **FILLED))
    assert answer == {"problem": "This view is no longer open."}
    assert "declare" not in demo.kinds()


def test_a_file_goes_from_the_modal_to_the_app(maya: Hands, demo: DemoApp, server: WorkspaceServer) -> None:
    maya.say("/everything")
    [modal] = maya.stack()
    uploaded = maya.upload("Infinity Transfers v1.xlsx", b"PK\x03\x04 sheet")
    maya.post("/ui/submit", view=modal["id"], typed=typed(file=[uploaded["id"]], several=["1", "3"]))
    values = demo.last("sent")["view"]["state"]["values"]
    [file] = values["file"]["in"]["files"]
    assert (file["id"], file["name"], file["size"]) == (uploaded["id"], "Infinity Transfers v1.xlsx", 10)
    assert file["mimetype"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert [each["value"] for each in values["several"]["in"]["selected_options"]] == ["1", "3"]
    assert demo.client.files_info(file=file["id"])["file"]["url_private_download"] == file["url_private_download"]

    taken = httpx.get(
        file["url_private_download"], headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False, timeout=60
    )
    assert taken.content == b"PK\x03\x04 sheet"
    for headers in ({}, {"Authorization": "Bearer xoxb-other"}):
        page = httpx.get(file["url_private"], headers=headers, trust_env=False, timeout=60)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert maya.client.get(f"/ui/files/{file['id']}").content == b"PK\x03\x04 sheet"


def test_a_file_over_ten_megabytes_is_refused(maya: Hands) -> None:
    assert maya.upload("big.xlsx", b"x" * (10 * 1024 * 1024 + 1)) == {"problem": "big.xlsx is larger than 10 MB."}


def test_a_file_attached_to_a_direct_message_reaches_the_app(maya: Hands, demo: DemoApp) -> None:
    maya.channel = "D0AGENT01"
    large = b"PK\x03\x04" + b"x" * (10 * 1024 * 1024)
    file = maya.upload("Infinity Transfers v1.xlsx", large, into="message")
    maya.say("", files=(file["id"],))
    event = demo.wait_for("message")
    assert (event["subtype"], event["channel_type"], event["user"], event["text"]) == (
        "file_share",
        "im",
        "U0AGENT01",
        "",
    )
    [shared] = event["files"]
    assert (shared["id"], shared["size"], shared["ims"]) == (file["id"], len(large), ["D0AGENT01"])
    taken = httpx.get(shared["url_private"], headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False, timeout=60)
    assert taken.content == large
    assert "Infinity Transfers v1.xlsx" in maya.page()


def test_an_app_that_asks_for_it_is_told_of_each_shared_file() -> None:
    with (
        app_at("http://127.0.0.1:1/api/") as (demo, url),
        workspace_at(url, events=("file_shared",)) as server,
    ):
        maya = Hands(server.url, "U0AGENT01", "C0GENERAL")
        with maya.client:
            file = maya.upload("a.xlsx", b"PK", into="message")
            maya.say("look", files=(file["id"],))
        event = demo.wait_for("file_shared")
    assert (event["file_id"], event["user_id"], event["channel_id"]) == (file["id"], "U0AGENT01", "C0GENERAL")
    assert demo.kinds() == ["file_shared"]


def test_a_message_takes_ten_files_of_ones_own(maya: Hands, priya: Hands) -> None:
    own = [maya.upload(f"{n}.txt", b"x", into="message")["id"] for n in range(11)]
    foreign = priya.upload("hers.txt", b"x", into="message")["id"]
    before = maya.page()
    for files, problem in (
        (tuple(own), "too_many_files"),
        ((foreign,), "file_not_found"),
        (("F0NOSUCH",), "file_not_found"),
        ((), "no_text"),
    ):
        answer = maya.try_to_say("", files=files)
        assert (answer.status_code, answer.json()) == (404, {"problem": problem})
    assert maya.page() == before
    maya.say("ten", files=tuple(own[:10]))
    assert maya.page().count('class="file"') == before.count('class="file"') + 10


def test_a_file_over_a_gigabyte_is_refused_in_a_message(maya: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes_page, "MESSAGE_FILE_BYTES", 11 * MEGABYTE)
    assert MESSAGE_FILE_BYTES == 1024 * MEGABYTE
    problem = maya.upload("big.xlsx", b"x" * (11 * MEGABYTE + 1), into="message")
    assert problem == {"problem": "big.xlsx is larger than 11 MB."}


def test_the_app_uploads_a_file_to_a_channel(maya: Hands, demo: DemoApp) -> None:
    demo.client.files_upload_v2(channel="C0RESOLUT", filename="cases.csv", content="a,b\n", initial_comment="Cases")
    assert "cases.csv" in maya.page()


def test_a_trigger_lives_three_seconds_and_a_second_use_is_named() -> None:
    clock = Clock()
    with app_at("http://127.0.0.1:1/api/") as (demo, url), workspace_at(url, clock=clock) as server:
        views = server._app.state.workspace.views
        client = WebClient(token=TOKEN, base_url=f"{server.url}/api/")
        late, spent = (views.trigger(user="U0AGENT01", now=clock.now) for _ in range(2))
        client.views_open(trigger_id=spent, view=form_view())
        with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
            client.views_open(trigger_id=spent, view=form_view())
        clock.now += 3.5
        with pytest.raises(SlackApiError, match="expired_trigger_id"):
            client.views_open(trigger_id=late, view=every_input_view())
        assert demo.seen == []


def test_an_event_that_is_not_taken_comes_again_with_its_number(maya: Hands, server: WorkspaceServer) -> None:
    with workspace_at("http://127.0.0.1:9/slack/events", event_retry_seconds=(0.0, 0.0)) as lonely:
        workspace = lonely._app.state.workspace
        log, is_done = workspace.log, threading.Event()
        workspace.listen(lambda _: is_done.set() if len(log) == 3 and log[0].is_ok is not None else None)
        httpx.post(
            f"{lonely.url}/ui/opened", json={"user": "U0AGENT01", "channel": "home"}, trust_env=False, timeout=60
        )
        assert is_done.wait(10)
        assert [line.label for line in reversed(log)] == [
            "app_home_opened",
            "app_home_opened · retry 1",
            "app_home_opened · retry 2",
        ]
        assert {line.status for line in log} == {"unreachable"}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "ratelimited", "retry_after": 7}, "ratelimited"),
        ({"kind": "error", "error": "is_archived"}, "is_archived"),
    ],
)
def test_a_planned_fault_has_no_effect_but_its_answer(
    demo: DemoApp, server: WorkspaceServer, fault: Json, error: str
) -> None:
    before = len(demo.client.conversations_history(channel="C0GENERAL")["messages"])
    plan = {"method": "chat.postMessage", "times": 1, **fault}
    httpx.post(f"{server.url}/_test/fault", json=plan, trust_env=False, timeout=60).raise_for_status()
    with pytest.raises(SlackApiError) as caught:
        demo.client.chat_postMessage(channel="C0GENERAL", text="x")
    assert caught.value.response["error"] == error
    if error == "ratelimited":
        assert caught.value.response.headers["Retry-After"] == "7"
    assert len(demo.client.conversations_history(channel="C0GENERAL")["messages"]) == before
    demo.client.chat_postMessage(channel="C0GENERAL", text="now it goes")


def test_a_planned_timeout_comes_after_the_effect(demo: DemoApp, server: WorkspaceServer) -> None:
    before = len(demo.client.conversations_history(channel="C0GENERAL")["messages"])
    plan = {"method": "chat.postMessage", "kind": "timeout_after_effect", "seconds": 0}
    httpx.post(f"{server.url}/_test/fault", json=plan, trust_env=False, timeout=60).raise_for_status()
    with pytest.raises(SlackApiError):
        demo.client.chat_postMessage(channel="C0GENERAL", text="x")
    assert len(demo.client.conversations_history(channel="C0GENERAL")["messages"]) == before + 1


def test_the_inspector_keeps_payloads_and_answers_and_no_token(maya: Hands, demo: DemoApp) -> None:
    maya.say("/hello")
    page = maya.page()
    assert "/hello" in page.split('id="log"')[1]
    newest = page.split('id="log-')[1].split('"')[0]
    body = maya.client.get(f"/ui/log/{newest}").text
    assert "trigger_id" in body
    demo.client.auth_test()
    newest = maya.page().split('id="log-')[1].split('"')[0]
    assert TOKEN not in maya.client.get(f"/ui/log/{newest}").text


def test_page_shows_what_happens_as_it_happens(maya: Hands, demo: DemoApp) -> None:
    query = {"user": "U0AGENT01", "channel": "C0RESOLUT", "told": ""}
    with maya.client.stream("GET", "/events", params=query) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: views"
        demo.client.chat_postMessage(channel="C0RESOLUT", text="just now")
        assert any("just now" in line for line in lines)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:9"},
    ],
)
def test_other_web_pages_are_kept_out(maya: Hands, demo: DemoApp, headers: dict[str, str]) -> None:
    body = {"user": "U0AGENT01", "channel": "C0RESOLUT", "text": "/incident"}
    assert maya.client.post("/ui/say", json=body, headers=headers).status_code == 403
    assert demo.seen == []


def test_a_page_under_a_foreign_name_is_refused(maya: Hands) -> None:
    assert maya.client.get("/", headers={"Host": "evil.example"}).status_code == 403


def test_requests_that_make_no_sense_are_refused_without_an_error_page(maya: Hands, server: WorkspaceServer) -> None:
    assert maya.client.post("/ui/act", content=b"{").status_code == 400
    assert maya.client.post("/ui/say", json={"user": "U0AGENT01", "channel": "C404", "text": "x"}).status_code == 404
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    answer = maya.client.post("/api/auth.test", content=b"{", headers=headers)
    assert answer.json() == {"ok": False, "error": "invalid_json"}


def test_an_address_without_a_person_or_channel_is_completed(maya: Hands) -> None:
    answer = maya.client.get("/")
    assert answer.headers["location"] == "/?user=U0AGENT01&channel=C0GENERAL"
    permalink = maya.client.get("/archives/C0RESOLUT/p1763456760000001")
    assert permalink.headers["location"] == "/?user=U0AGENT01&channel=C0RESOLUT#m-1763456760.000001"

"""The workspace in a real browser, with the demo app behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.integration.workspace.demo_app import DemoApp, app_in_workspace, card, form_view, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.workspace import WorkspaceServer

pytestmark = pytest.mark.e2e
DESKTOP, PHONE = {"width": 1360, "height": 850}, {"width": 390, "height": 844}
Json = dict[str, Any]


class Visitor:
    """One person, in a browser of their own."""

    def __init__(self, page: Page, url: str, user: str) -> None:
        self.page = page
        self.url = url
        self.user = user
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda line: self.faults.append(line.text) if line.type == "error" else None)

    def go(self, channel: str = "C0RESOLUT") -> Visitor:
        """Look at a channel."""
        self.page.goto(f"{self.url}/?user={self.user}&channel={channel}")
        return self

    def say(self, text: str) -> None:
        """Type into the composer and send it."""
        composer = self.page.get_by_role("combobox", name="Message #")
        composer.fill(text)
        composer.press("Enter")

    @property
    def modal(self) -> Locator:
        """The modal in front."""
        return self.page.get_by_role("dialog")

    @property
    def messages(self) -> Locator:
        """The messages of the channel."""
        return self.page.get_by_role("log", name="Messages")

    def choose(self, label: str, option: str) -> None:
        """Choose from a list by mouse."""
        self.modal.get_by_role("combobox", name=label).click()
        self.modal.get_by_role("option", name=option, exact=True).click()


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[DemoApp, WorkspaceServer]]:
    with app_in_workspace() as both:
        yield both


@pytest.fixture
def demo(running: tuple[DemoApp, WorkspaceServer]) -> DemoApp:
    """The app."""
    running[0].seen.clear()
    return running[0]


@pytest.fixture
def visit(browser: Browser, running: tuple[DemoApp, WorkspaceServer]) -> Iterator[Any]:
    """Makes visitors; nothing may go wrong in their browsers."""
    made: list[Visitor] = []

    def visitor(user: str, *, size: dict[str, int] = DESKTOP) -> Visitor:
        context = browser.new_context(viewport={"width": size["width"], "height": size["height"]}, locale="en-US")
        made.append(Visitor(context.new_page(), running[1].url, user))
        return made[-1].go()

    yield visitor
    faults = [fault for each in made for fault in each.faults]
    for each in made:
        each.page.context.close()
    views = running[1]._app.state.workspace.views
    for user in list(views.stacks):
        views.clear(user)
    assert faults == []


def test_two_people_take_an_incident_from_the_command_to_the_thread(visit: Any, demo: DemoApp, tmp_path: Path) -> None:
    maya, priya = visit("U0AGENT01"), visit("U0SPEC001").go("C0GENERAL")
    composer = maya.page.get_by_role("combobox", name="Message #resolution-team")
    composer.fill("/in")
    expect(maya.page.get_by_role("option", name="/incident")).to_have_attribute("aria-selected", "true")
    composer.press("Tab")
    expect(composer).to_have_value("/incident ")
    composer.press("Enter")

    title = maya.modal.get_by_label("Title")
    expect(title).to_be_focused()
    title.fill("Pay")
    maya.modal.get_by_label("SEV-2").check()
    expect(maya.modal.get_by_text("Tell the lead at once.")).to_be_visible()
    expect(title).to_have_value("Pay")
    maya.choose("Team", "Payments")
    service = maya.modal.get_by_role("combobox", name="Service")
    service.press_sequentially("p")
    expect(maya.modal.get_by_text("Type at least 2 characters")).to_be_visible()
    service.press_sequentially("ay")
    expect(maya.modal.get_by_role("option")).to_have_text(["Payments API", "Payments web"])
    maya.page.screenshot(path=tmp_path / "typeahead.png")
    service.press("ArrowDown")
    service.press("Enter")
    expect(service).to_have_value("Payments web")

    maya.modal.get_by_role("button", name="Declare").click()
    expect(title).to_have_attribute("aria-invalid", "true")
    expect(title).to_have_accessible_description("⚠️ Use at least 8 characters, so that people know what broke.")
    expect(title).to_be_focused()
    maya.page.screenshot(path=tmp_path / "errors.png")
    title.fill("Checkout returns 502")
    maya.modal.get_by_role("button", name="Declare").click()
    expect(maya.modal).to_have_count(0)
    values = demo.last("declare")["view"]["state"]["values"]
    assert values["service"]["in"]["selected_option"]["value"] == "Payments web"

    expect(priya.page.get_by_label("1 mention", exact=True)).to_have_text("1")
    priya.page.get_by_role("link", name="resolution-team").click()
    message = priya.messages.get_by_role("article").last
    expect(message).to_contain_text("INC-142: Checkout returns 502 for EU cards")
    expect(message.locator(".mention-own")).to_have_text("@Priya Nair")
    message.get_by_role("button", name="Acknowledge").click()
    expect(maya.messages.get_by_role("article").last).to_contain_text("Acknowledged by @Priya Nair")
    maya.page.screenshot(path=tmp_path / "message.png")
    maya.messages.get_by_role("link", name="1 reply").click()
    thread = maya.page.get_by_role("region", name="Thread")
    expect(thread).to_contain_text("@Priya Nair acknowledged.")
    thread.get_by_label("Reply…").fill("Thank you")
    thread.get_by_label("Reply…").press("Enter")
    expect(thread.get_by_role("log")).to_contain_text("Thank you")
    expect(priya.messages.get_by_role("link", name="2 replies")).to_be_visible()


def test_every_input_reaches_the_app(visit: Any, demo: DemoApp, tmp_path: Path) -> None:
    sam = visit("U0AGENT02")
    sam.say("/everything")
    file = {"name": "sheet.xlsx", "mimeType": "application/octet-stream", "buffer": b"PK"}
    sam.modal.get_by_label("File").set_input_files([file])
    expect(sam.modal.get_by_text("sheet.xlsx · 1 KB")).to_be_visible()
    sam.choose("Several", "One")
    sam.modal.get_by_role("option", name="Three", exact=True).click()
    sam.page.keyboard.press("Tab")
    sam.modal.get_by_role("button", name="Remove One").click()
    sam.choose("Services", "Catalogue")
    sam.page.keyboard.press("Escape")
    sam.choose("Person", "Rosa Lind")
    sam.choose("People", "Lee Park")
    sam.page.keyboard.press("Escape")
    sam.choose("Conversation", "#general")
    sam.choose("Channel", "#homeowner-support")
    sam.modal.get_by_label("Two").check()
    sam.modal.get_by_label("Day").fill("2026-12-24")
    sam.modal.get_by_label("Time").fill("09:05")
    sam.modal.get_by_label("Number").fill("12")
    sam.modal.get_by_label("Email").fill("a@b")
    sam.modal.get_by_label("Link").fill("https://a.example")
    sam.modal.get_by_role("button", name="Send").click()
    expect(sam.modal.get_by_text("Enter a valid email address.")).to_be_visible()
    sam.page.screenshot(path=tmp_path / "inputs.png")
    sam.modal.get_by_label("Email").fill("a@b.example")
    sam.modal.get_by_role("button", name="Send").click()
    expect(sam.modal).to_have_count(0)
    values = demo.last("sent")["view"]["state"]["values"]
    assert [each["name"] for each in values["file"]["in"]["files"]] == ["sheet.xlsx"]
    assert {block: _bare(held["in"]) for block, held in values.items() if block != "file"} == {
        "several": ["3"],
        "services": ["Catalogue"],
        "person": "U0LEAD001",
        "people": ["U0GUEST01"],
        "conversation": "C0GENERAL",
        "channel": "C0SUPPORT",
        "tick": ["2"],
        "day": "2026-12-24",
        "time": "09:05",
        "number": "12",
        "email": "a@b.example",
        "link": "https://a.example",
    }


def test_a_form_that_is_sent_before_its_file_has_arrived_goes_with_the_file(visit: Any, demo: DemoApp) -> None:
    sam = visit("U0AGENT02")
    on_its_way: list[Route] = []

    def hold(upload: Route) -> None:
        on_its_way.append(upload)

    sam.page.route("**/ui/upload", hold)
    sam.say("/everything")
    file = {"name": "sheet.xlsx", "mimeType": "application/octet-stream", "buffer": b"PK"}
    sam.modal.get_by_label("File").set_input_files([file])
    expect(sam.modal.get_by_text("sheet.xlsx · uploading…")).to_be_visible()
    sam.modal.get_by_role("button", name="Send").click()
    expect(sam.modal.get_by_role("button", name="Send")).to_have_attribute("aria-busy", "true")
    on_its_way[0].continue_()
    expect(sam.modal).to_have_count(0)
    [sent] = demo.last("sent")["view"]["state"]["values"]["file"]["in"]["files"]
    assert sent["name"] == "sheet.xlsx"


def _bare(state: Json) -> Any:
    held = next(value for key, value in state.items() if key != "type")
    return [each["value"] if isinstance(each, dict) else each for each in held] if isinstance(held, list) else held


def test_files_are_attached_taken_off_again_and_sent_with_a_message(
    visit: Any, demo: DemoApp, tmp_path: Path, picture: Any
) -> None:
    paths = [tmp_path / name for name in ("Infinity Transfers v1.xlsx", "wrong one.xlsx")]
    for path in paths:
        path.write_bytes(b"PK" * 2000)
    maya = visit("U0AGENT01").go("D0AGENT01")
    composer = maya.page.locator(".composer")
    composer.get_by_label("Attach files").set_input_files(paths)
    for name in ("Infinity Transfers v1.xlsx", "wrong one.xlsx"):
        expect(composer.get_by_text(f"{name} · 4 KB")).to_be_visible()
    picture.take(maya, "workspace-attached")
    composer.get_by_role("button", name="Remove wrong one.xlsx").click()
    composer.get_by_label("Message SOP Desk").press("Enter")
    expect(maya.messages.get_by_role("link", name="Infinity Transfers v1.xlsx")).to_be_visible()
    expect(composer.get_by_text("Infinity Transfers v1.xlsx")).to_have_count(0)
    event = demo.wait_for("message")
    assert [(file["name"], file["size"]) for file in event["files"]] == [("Infinity Transfers v1.xlsx", 4000)]
    assert event["text"] == ""

    # A command takes no files: what is attached waits for the next message.
    maya.go()
    composer.get_by_label("Attach files").set_input_files(paths[0])
    expect(composer.get_by_text("Infinity Transfers v1.xlsx · 4 KB")).to_be_visible()
    maya.say("/hello")
    expect(maya.messages.get_by_text("Hello, maya.torres")).to_be_visible()
    expect(composer.get_by_text("Infinity Transfers v1.xlsx")).to_be_visible()
    maya.say("With the file")
    expect(maya.messages.get_by_role("article").last.get_by_role("link")).to_contain_text(["Infinity Transfers"])


def test_escape_closes_the_list_and_then_the_modal(visit: Any, demo: DemoApp) -> None:
    maya = visit("U0AGENT01")
    maya.say("/incident")
    team = maya.modal.get_by_role("combobox", name="Team")
    team.click()
    expect(team).to_have_attribute("aria-expanded", "true")
    maya.page.keyboard.press("Escape")
    expect(team).to_have_attribute("aria-expanded", "false")
    expect(maya.modal).to_be_visible()
    maya.page.keyboard.press("Escape")
    expect(maya.modal).to_have_count(0)
    assert demo.wait_for("closed")["is_cleared"] is False


def test_a_list_at_the_edge_stays_within_the_modal_and_moves_nothing(visit: Any) -> None:
    for size in (DESKTOP, PHONE):
        maya = visit("U0AGENT01", size=size)
        maya.say("/long")
        maya.modal.get_by_role("combobox").click()
        modal, listed = maya.modal.bounding_box(), maya.modal.get_by_role("listbox").bounding_box()
        assert modal["x"] <= listed["x"]
        assert listed["x"] + listed["width"] <= modal["x"] + modal["width"]
        assert listed["y"] + listed["height"] <= size["height"]
        body = maya.modal.locator(".modal-body")
        assert body.evaluate("body => body.scrollWidth - body.clientWidth + body.scrollLeft") == 0
        maya.page.keyboard.press("Escape")
        maya.page.keyboard.press("Escape")
        expect(maya.modal).to_have_count(0)


def test_a_list_of_several_stays_open_while_the_app_redraws_until_one_leaves_it(visit: Any, demo: DemoApp) -> None:
    maya = visit("U0AGENT01")
    maya.say("/long")
    reasons = maya.modal.get_by_role("combobox")
    reasons.click()
    for number, count in ((1, 1), (2, 2), (12, 3)):
        maya.modal.get_by_role("option", name=f"Reason number {number}", exact=True).click()
        expect(maya.modal.get_by_text(f"{count} of these apply.")).to_be_visible()
    expect(reasons).to_have_attribute("aria-expanded", "true")
    expect(reasons).to_be_focused()
    chosen = maya.modal.get_by_role("option", selected=True)
    expect(chosen).to_have_text(["Reason number 1", "Reason number 2", "Reason number 12"])
    expect(maya.modal.get_by_role("option", name="Reason number 3")).to_be_disabled()
    maya.page.keyboard.press("Escape")
    expect(reasons).to_have_attribute("aria-expanded", "false")
    for leave in (lambda: maya.page.keyboard.press("Tab"), maya.modal.get_by_role("heading").click):
        reasons.click()
        expect(reasons).to_have_attribute("aria-expanded", "true")
        leave()
        expect(reasons).to_have_attribute("aria-expanded", "false")
    maya.modal.get_by_role("button", name="Remove Reason number 1", exact=True).click()
    expect(maya.modal.get_by_text("2 of these apply.")).to_be_visible()
    assert [each["value"] for each in demo.last("picked")["actions"][0]["selected_options"]] == ["2", "12"]


def test_a_note_takes_no_more_than_its_limit_and_says_how_much_it_holds(visit: Any) -> None:
    maya = visit("U0AGENT01")
    maya.say("/long")
    note, count = maya.modal.get_by_label("Note"), maya.modal.locator(".count").first
    note.press_sequentially("seven77")
    expect(count).to_have_text("3 more")
    note.press_sequentially(" and more")
    expect(count).to_have_text("")
    note.press_sequentially(" to the limit and beyond it")
    expect(note).to_have_value("seven77 and more to the limit and beyond")
    expect(count).to_have_text("40 / 40")


def test_a_press_counts_although_the_message_changes_under_it(visit: Any, demo: DemoApp) -> None:
    maya = visit("U0AGENT01")
    ts = demo.client.chat_postMessage(channel="C0RESOLUT", text="A case", blocks=card("Investigating"))["ts"]
    message = maya.messages.get_by_role("article").last
    message.get_by_role("button", name="Acknowledge").hover()
    maya.page.mouse.down()
    waiting = maya.page.evaluate("Press.waiting.length")
    above = {"type": "section", "text": plain("A line that moves everything down.")}
    demo.client.chat_update(channel="C0RESOLUT", ts=ts, text="A case", blocks=[above, *card("Investigating")])
    maya.page.wait_for_function(f"Press.waiting.length >= {waiting + 2}")
    expect(message).not_to_contain_text("A line that moves")
    maya.page.mouse.up()
    assert demo.wait_for("claim")["actions"][0]["value"] == "INC-142"
    expect(message).to_contain_text("Acknowledged by @Maya Torres")


def test_an_open_menu_stays_open_when_its_message_changes(visit: Any, demo: DemoApp) -> None:
    maya = visit("U0AGENT01")
    ts = demo.client.chat_postMessage(channel="C0RESOLUT", text="A case", blocks=card("Investigating"))["ts"]
    message = maya.messages.get_by_role("article").last
    message.get_by_role("button", name="More actions").click()
    demo.client.chat_update(channel="C0RESOLUT", ts=ts, text="A case", blocks=card("Looked at"))
    expect(message.get_by_text("Looked at").first).to_be_visible()
    maya.page.get_by_role("menuitem", name="Withdraw").click()
    assert demo.wait_for("more")["actions"][0]["selected_option"]["value"] == "withdraw"


def test_emoji_in_preformatted_text_come_from_the_shipped_font(visit: Any, demo: DemoApp) -> None:
    maya = visit("U0AGENT01")
    demo.client.chat_postMessage(channel="C0RESOLUT", text="```Called 📞 ✅ 12```")
    expect(maya.messages.locator("pre").last).to_contain_text("Called")
    maya.page.wait_for_function("[...document.fonts].some((face) => face.family.includes('Desk Emoji'))")
    tools = maya.page.context.new_cdp_session(maya.page)
    root = tools.send("DOM.getDocument")["root"]["nodeId"]
    tools.send("CSS.enable")
    nodes = tools.send("DOM.querySelectorAll", {"nodeId": root, "selector": "#messages pre"})["nodeIds"]
    fonts = tools.send("CSS.getPlatformFontsForNode", {"nodeId": nodes[-1]})["fonts"]
    shipped = [font["glyphCount"] for font in fonts if font["isCustomFont"]]
    assert shipped == [2], fonts


def test_a_pushed_modal_leaves_what_was_typed_below_it(
    visit: Any, demo: DemoApp, running: tuple[DemoApp, WorkspaceServer]
) -> None:
    maya = visit("U0AGENT01")
    maya.say("/incident")
    maya.modal.get_by_label("Title").fill("still here")
    workspace = running[1]._app.state.workspace
    trigger = workspace.views.trigger(user=maya.user, now=workspace.now(), view=workspace.views.stacks[maya.user][0].id)
    above = {**form_view(), "title": plain("Above"), "notify_on_close": False}
    demo.client.views_push(trigger_id=trigger, view=above)
    expect(maya.modal.get_by_role("heading")).to_have_text("Above")
    maya.modal.get_by_role("button", name="Cancel").click()
    expect(maya.modal.get_by_label("Title")).to_have_value("still here")


def test_the_same_ids_keep_what_was_typed_and_a_new_block_id_starts_afresh(
    visit: Any, demo: DemoApp, running: tuple[DemoApp, WorkspaceServer]
) -> None:
    maya = visit("U0AGENT01")
    maya.say("/incident")
    maya.modal.get_by_label("Title").fill("typed")
    maya.modal.get_by_label("What do we know?").fill("two\nlines")
    [view] = running[1]._app.state.workspace.views.stacks[maya.user]
    changed = form_view()
    changed["blocks"][0]["block_id"] = "another"
    demo.client.views_update(view_id=view.id, view=changed)
    expect(maya.modal.get_by_label("Title")).to_have_value("")
    expect(maya.modal.get_by_label("What do we know?")).to_have_value("two\nlines")


def test_a_confirmation_comes_before_the_action(visit: Any, demo: DemoApp) -> None:
    maya = visit("U0AGENT01")
    demo.client.chat_postMessage(channel="C0RESOLUT", text="A case", blocks=card("Investigating"))
    message = maya.messages.get_by_role("article").last
    message.get_by_role("button", name="Resolve").click()
    maya.modal.get_by_role("button", name="Not yet").click()
    expect(maya.modal).to_have_count(0)
    message.get_by_role("button", name="Resolve").click()
    maya.modal.get_by_role("button", name="Resolve").click()
    expect(maya.messages.get_by_text("Resolved. Thank you.")).to_be_visible()
    assert demo.kinds().count("resolve") == 1
    demo.client.chat_postMessage(channel="C0RESOLUT", text="Another", blocks=card("Investigating"))
    maya.messages.get_by_role("article").last.get_by_role("button", name="More actions").click()
    maya.page.get_by_role("menuitem", name="Withdraw").click()
    assert demo.wait_for("more")["actions"][0]["selected_option"]["value"] == "withdraw"


def test_a_window_acts_as_someone_else_after_switching(visit: Any) -> None:
    maya = visit("U0AGENT01")
    maya.page.get_by_label("Acting as").select_option("U0SPEC001")
    maya.page.wait_for_url("**/?user=U0SPEC001&channel=C0RESOLUT")
    expect(maya.page.get_by_label("Acting as")).to_have_value("U0SPEC001")


def test_the_inspector_shows_what_was_asked_and_answered(visit: Any) -> None:
    maya = visit("U0AGENT01")
    maya.say("/hello")
    inspector = maya.page.get_by_role("complementary", name="Inspector")
    inspector.get_by_text("/hello").first.click()
    expect(inspector.get_by_text('"trigger_id"')).to_be_visible()
    expect(inspector.locator(".log-status").first).to_contain_text("200 ·")


def test_a_phone_shows_all_of_it(visit: Any, demo: DemoApp, tmp_path: Path) -> None:
    demo.client.chat_postMessage(channel="C0RESOLUT", text="A case", blocks=card("Investigating"))
    maya = visit("U0AGENT01", size=PHONE)
    expect(maya.messages.get_by_role("article").last).to_be_in_viewport()
    assert maya.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    maya.page.screenshot(path=tmp_path / "phone.png")
    maya.say("/incident")
    expect(maya.modal.get_by_role("button", name="Declare")).to_be_in_viewport()
    maya.page.screenshot(path=tmp_path / "phone-modal.png")
    maya.page.keyboard.press("Escape")
    expect(maya.modal).to_have_count(0)
    maya.say("/long")
    expect(maya.modal.get_by_label("Field 11")).to_be_attached()
    expect(maya.modal.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    maya.page.keyboard.press("Escape")
    expect(maya.modal).to_have_count(0)
    maya.page.goto(f"{maya.url}/?user={maya.user}&channel=home")
    expect(maya.page.get_by_text("Nothing waits for you.")).to_be_in_viewport()
    assert maya.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    maya.go()
    message = maya.messages.get_by_role("article").last
    message.hover()
    message.get_by_role("link", name="Reply in thread").click()
    thread = maya.page.get_by_role("region", name="Thread")
    thread.get_by_label("Reply…").press_sequentially("On my way")
    expect(thread.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    maya.page.screenshot(path=tmp_path / "phone-thread.png")
    thread.get_by_role("link", name="Close thread").click()
    maya.page.get_by_role("button", name="Channels").click()
    maya.page.get_by_role("link", name="general").click()
    maya.page.wait_for_url("**channel=C0GENERAL")

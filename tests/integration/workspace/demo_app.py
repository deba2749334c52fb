"""A tiny Bolt app that uses every input and message part that the workspace draws, and runs against it on loopback."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from slack_bolt import Ack, App, BoltRequest, Respond
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from infra.local.workspace import Command, WorkspaceConfig, WorkspaceServer, create_app
from tests.standin.loopback import Answering, served

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
SECRET = "a-signing-secret-for-tests"
TOKEN = "xoxb-tests"
SERVICES = ("Payments API", "Payments web", "Catalogue", "Checkout", "Sign in")


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text, "emoji": True}


def option(text: str, value: str, description: str | None = None) -> Json:
    """An option."""
    return {"text": plain(text), "value": value, **({"description": plain(description)} if description else {})}


def field(label: str, block_id: str, element: Json, **extra: Any) -> Json:
    """An input block whose action id is ``in``."""
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": {"action_id": "in", **element},
        **extra,
    }


SEVERITIES = [
    option("SEV-1", "1", "Customers cannot pay"),
    option("SEV-2", "2", "Degraded"),
    option("SEV-3", "3", "Internal only"),
]


def form_view(metadata: str = "") -> Json:
    """The first modal: the inputs of the pictures."""
    return {
        "type": "modal",
        "callback_id": "declare",
        "private_metadata": metadata,
        "notify_on_close": True,
        "title": plain("Declare an incident"),
        "submit": plain("Declare"),
        "close": plain("Cancel"),
        "blocks": [
            field("Title", "title", {"type": "plain_text_input", "placeholder": plain("What broke?")}),
            field("Severity", "severity", {"type": "radio_buttons", "options": SEVERITIES}, dispatch_action=True),
            field(
                "Team", "team", {"type": "static_select", "options": [option("Payments", "pay"), option("Web", "web")]}
            ),
            field(
                "Service",
                "service",
                {"type": "external_select", "min_query_length": 2},
                hint=plain("Searches the catalogue as you type."),
            ),
            field("What do we know?", "notes", {"type": "plain_text_input", "multiline": True}, optional=True),
        ],
    }


def every_input_view() -> Json:
    """A modal with each of the other inputs."""
    choices = [option("One", "1"), option("Two", "2"), option("Three", "3")]
    return {
        "type": "modal",
        "callback_id": "everything",
        "title": plain("Every input"),
        "submit": plain("Send"),
        "blocks": [
            field("File", "file", {"type": "file_input", "filetypes": ["xlsx", "csv"], "max_files": 1}, optional=True),
            field("Several", "several", {"type": "multi_static_select", "options": choices}, optional=True),
            field("Services", "services", {"type": "multi_external_select", "min_query_length": 0}, optional=True),
            field("Person", "person", {"type": "users_select"}, optional=True),
            field("People", "people", {"type": "multi_users_select"}, optional=True),
            field("Conversation", "conversation", {"type": "conversations_select"}, optional=True),
            field("Channel", "channel", {"type": "channels_select"}, optional=True),
            field("Tick", "tick", {"type": "checkboxes", "options": choices}, optional=True),
            field("Day", "day", {"type": "datepicker", "initial_date": "2026-10-09"}, optional=True),
            field("Time", "time", {"type": "timepicker", "initial_time": "16:30"}, optional=True),
            field("Number", "number", {"type": "number_input", "is_decimal_allowed": False}, optional=True),
            field("Email", "email", {"type": "email_text_input"}, optional=True),
            field("Link", "link", {"type": "url_text_input"}, optional=True),
        ],
    }


def long_view(why: str = "Which of these apply to the call?") -> Json:
    """A modal with lists beside texts, a note of limited length, and more fields than any window shows."""
    choices = [option(f"Reason number {number}", str(number)) for number in range(1, 13)]
    several = {"type": "multi_static_select", "action_id": "pick", "options": choices, "max_selected_items": 3}
    note = {"type": "plain_text_input", "multiline": True, "min_length": 10, "max_length": 40}
    return {
        "type": "modal",
        "callback_id": "long",
        "title": plain("A long form"),
        "submit": plain("Send"),
        "blocks": [
            {"type": "section", "block_id": "reasons", "text": plain(why), "accessory": several},
            field("Note", "note", note, optional=True),
            *(field(f"Field {at}", f"f{at}", {"type": "plain_text_input"}, optional=True) for at in range(1, 12)),
        ],
    }


def card(state: str, *, user: str | None = None) -> list[Json]:
    """A message's blocks."""
    who = f" by <@{user}>" if user else ""
    buttons: list[Json] = [
        {
            "type": "button",
            "action_id": "claim",
            "text": plain("Acknowledge"),
            "style": "primary",
            "value": "INC-142",
        },
        {
            "type": "button",
            "action_id": "resolve",
            "text": plain("Resolve"),
            "style": "danger",
            "confirm": {
                "title": plain("Resolve INC-142?"),
                "text": plain("Everyone is told."),
                "confirm": plain("Resolve"),
                "deny": plain("Not yet"),
            },
        },
        {
            "type": "overflow",
            "action_id": "more",
            "options": [option("Assign to someone", "assign"), option("Withdraw", "withdraw")],
        },
    ]
    text = (
        "Declared by <@U0AGENT01> in <#C0RESOLUT>. *Commander:* <@U0SPEC001>. See `runbook.md`.\n"
        "> Customers in ~Spain~ the EU cannot pay :credit_card:"
    )
    fields = (
        "*Severity*\n:red_circle: SEV-1",
        f"*Status*\n{state}",
        "*Service*\nPayments API",
        "*Started*\n<!date^1763456760^{date_short_pretty} at {time}|earlier>",
    )
    return [
        {"type": "header", "text": plain(":fire: INC-142: Checkout returns 502 for EU cards")},
        {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": each} for each in fields]},
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "1-877-425-5201, option #7"}]}
            ],
        },
        {"type": "divider"},
        {"type": "actions", "block_id": "buttons", "elements": buttons},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": f":clock1: {state}{who}"}]},
    ]


class DemoApp:
    """The Bolt app, with everything that reached it."""

    def __init__(self, slack_url: str) -> None:
        client = WebClient(token=TOKEN, base_url=slack_url, timeout=5)
        self.client = client
        self.seen: list[tuple[str, Json]] = []
        self.hold = threading.Event()
        self._came = threading.Condition()
        self.bolt = App(
            client=client,
            signing_secret=SECRET,
            authorize=lambda: AuthorizeResult(
                enterprise_id=None, team_id="T0SOLAR01", bot_token=TOKEN, bot_user_id="U0SOPDESK", bot_id="B0SOPDESK"
            ),
            token_verification_enabled=False,
            process_before_response=True,
        )
        self._listen()

    def kinds(self) -> list[str]:
        """What came, in order."""
        return [kind for kind, _ in self.seen]

    def last(self, kind: str) -> Json:
        """The latest body of a kind."""
        return next(body for each, body in reversed(self.seen) if each == kind)

    def wait_for(self, kind: str) -> Json:
        """The first body of a kind, once it has come and been dealt with."""
        with self._came:
            assert self._came.wait_for(lambda: kind in self.kinds(), timeout=10), f"no {kind} came"
        return self.last(kind)

    def _note(self, kind: str, body: Json) -> None:
        with self._came:
            self.seen.append((kind, body))
            self._came.notify_all()

    def _listen(self) -> None:
        bolt = self.bolt
        bolt.command("/incident")(self.incident)
        bolt.command("/everything")(self.everything)
        bolt.command("/long")(self.long)
        bolt.command("/slow")(self.slow)
        bolt.command("/hello")(self.hello)
        bolt.options("in")(self.search)
        bolt.action("in")(self.changed)
        bolt.action("pick")(self.picked)
        bolt.action("claim")(self.claim)
        bolt.action("resolve")(self.resolve)
        bolt.action("more")(self.more)
        bolt.view("declare")(self.declare)
        bolt.view("everything")(self.sent)
        bolt.view_closed("declare")(self.closed)
        bolt.event("app_home_opened")(self.home)
        bolt.event("message")(self.message)
        bolt.event("file_shared")(self.shared)

    def incident(self, ack: Ack, body: Json, client: WebClient) -> None:
        """Open the first modal."""
        self._note("command", body)
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=form_view(body["text"]))

    def everything(self, ack: Ack, body: Json, client: WebClient) -> None:
        """Open the modal with every input."""
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=every_input_view())

    def long(self, ack: Ack, body: Json, client: WebClient) -> None:
        """Open the modal that is longer than a window."""
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=long_view())

    def picked(self, ack: Ack, body: Json, client: WebClient) -> None:
        """A choice of several: the modal says how many there are."""
        ack()
        count = len(body["actions"][0]["selected_options"])
        client.views_update(view_id=body["view"]["id"], view=long_view(f"{count} of these apply."))
        self._note("picked", body)

    def slow(self, ack: Ack) -> None:
        """Answer too late."""
        self.hold.wait(5)
        ack()

    def hello(self, ack: Ack, body: Json) -> None:
        """Answer with text."""
        self._note("hello", body)
        ack(f"Hello, {body['user_name']} <!here>")

    def shared(self, event: Json) -> None:
        """A file of a message."""
        self._note("file_shared", event)

    def search(self, ack: Ack, body: Json) -> None:
        """Typeahead."""
        self._note("search", body)
        wanted = body["value"].lower()
        ack(options=[option(name, name) for name in SERVICES if wanted in name.lower()])

    def changed(self, ack: Ack, body: Json, client: WebClient) -> None:
        """A field that dispatches: the modal grows."""
        self._note("changed", body)
        ack()
        if "view" not in body:
            return
        view = form_view(body["view"]["private_metadata"])
        view["blocks"].insert(2, {"type": "section", "block_id": "why", "text": plain("Tell the lead at once.")})
        client.views_update(view_id=body["view"]["id"], hash=body["view"]["hash"], view=view)

    def declare(self, ack: Ack, body: Json, client: WebClient) -> None:
        """The submission: errors first, then a card."""
        self._note("declare", body)
        title = body["view"]["state"]["values"]["title"]["in"]["value"]
        if len(title) < 8:
            ack(
                response_action="errors", errors={"title": "Use at least 8 characters, so that people know what broke."}
            )
            return
        client.chat_postMessage(
            channel="C0RESOLUT",
            text=f"<@U0SPEC001> {title}",
            blocks=card("Investigating"),
            metadata={"event_type": "demo", "event_payload": {"delivery": "d1"}},
        )
        ack()

    def sent(self, ack: Ack, body: Json) -> None:
        """The modal with every input."""
        self._note("sent", body)
        ack()

    def closed(self, ack: Ack, body: Json) -> None:
        """A modal that was closed."""
        self._note("closed", body)
        ack()

    def claim(self, ack: Ack, body: Json, client: WebClient) -> None:
        """The card's first button."""
        self._note("claim", body)
        ack()
        channel, ts = body["channel"]["id"], body["message"]["ts"]
        client.chat_update(
            channel=channel, ts=ts, text="Acknowledged", blocks=card("Acknowledged", user=body["user"]["id"])
        )
        client.chat_postMessage(channel=channel, thread_ts=ts, text=f"<@{body['user']['id']}> acknowledged.")

    def resolve(self, ack: Ack, body: Json, respond: Respond) -> None:
        """The card's second button."""
        self._note("resolve", body)
        ack()
        respond(text="Resolved. Thank you.", response_type="ephemeral", replace_original=False)

    def more(self, ack: Ack, body: Json) -> None:
        """The card's menu."""
        self._note("more", body)
        ack()

    def home(self, event: Json, client: WebClient) -> None:
        """Publish the home tab."""
        blocks = [
            {"type": "header", "text": plain("Your queue")},
            {"type": "section", "text": plain("Nothing waits for you.")},
        ]
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})
        self._note("home", event)

    def message(self, event: Json) -> None:
        """A direct message."""
        self._note("message", event)


@contextmanager
def app_at(slack_url: str, *, port: int = 0) -> Iterator[tuple[DemoApp, str]]:
    """The demo app, served on loopback."""
    demo = DemoApp(slack_url)

    class Handler(Answering):
        def post(self) -> None:
            request = BoltRequest(body=self.body().decode(), headers=dict(self.headers.items()))
            answer = demo.bolt.dispatch(request)
            self.answer(answer.status, answer.body.encode(), {name: each[0] for name, each in answer.headers.items()})

    with served(Handler, port) as address:
        try:
            yield demo, f"{address}/slack/events"
        finally:
            demo.hold.set()


@contextmanager
def app_in_workspace(**changes: Any) -> Iterator[tuple[DemoApp, WorkspaceServer]]:
    """Both servers, on ports of their own."""
    with app_at("http://127.0.0.1:1/api/") as (demo, url), workspace_at(url, **changes) as server:
        demo.client.base_url = f"{server.url}/api/"
        yield demo, server


@contextmanager
def workspace_at(app_url: str, *, port: int = 0, **changes: Any) -> Iterator[WorkspaceServer]:
    """A workspace, served on loopback; ``changes`` are fields of its config."""
    config = WorkspaceConfig(
        **{
            "app_url": app_url,
            "signing_secret": SECRET,
            "bot_token": TOKEN,
            "commands": (
                Command("/incident", "[title]", "Declare an incident"),
                Command("/everything", "", "A modal with every input"),
                Command("/hello", "", "A private answer"),
                Command("/long", "", "A modal longer than a window"),
                Command("/slow", "", "An answer that comes too late"),
            ),
            "event_retry_seconds": (0.0,),
            "verify_url_on_start": False,
            **changes,
        }
    )
    listening = threading.Event()
    server = WorkspaceServer(create_app(config), host="127.0.0.1", port=port, ready=lambda _: listening.set())
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert listening.wait(10), "the workspace did not start"
        yield server
    finally:
        server.stop()
        thread.join()

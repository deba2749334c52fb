"""The page: sidebar, channel, thread, modals and inspector as HTML, for one person at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from markupsafe import Markup

from infra.local.workspace.blocks_html import blocks_html
from infra.local.workspace.config import Command, Person
from infra.local.workspace.emoji import EMOJI
from infra.local.workspace.files import MESSAGE_FILES
from infra.local.workspace.html import el
from infra.local.workspace.inputs_html import text
from infra.local.workspace.inspector import inspector
from infra.local.workspace.mrkdwn import mrkdwn
from infra.local.workspace.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.local.workspace.conversations import Message
    from infra.local.workspace.errors import Json
    from infra.local.workspace.files import File
    from infra.local.workspace.state import Workspace
    from infra.local.workspace.views import View

HOME = "home"
COLOURS = 8
VIEWPORT = "width=device-width, initial-scale=1, interactive-widget=resizes-content"
"""A phone's keyboard makes the page smaller instead of covering a modal's buttons."""


class Seat(msgspec.Struct, frozen=True):
    """Who is looking, and at what: a channel id or ``home``, and a thread beside it."""

    user: str
    channel: str
    thread: str | None = None

    def href(self, *, channel: str | None = None, thread: str | None = None) -> str:
        """The address of the same person looking elsewhere."""
        link = f"/?user={self.user}&channel={channel or self.channel}"
        return f"{link}&thread={thread}" if thread else link


class Page:
    """Draws the workspace for one seat."""

    def __init__(self, workspace: Workspace, seat: Seat) -> None:
        self.workspace = workspace
        self.seat = seat
        self.config = workspace.config
        self.dm = workspace.conversations.dm_of(seat.user)

    @property
    def reader(self) -> Reader:
        """The person looking, now."""
        return Reader(self.config, self.seat.user, self.workspace.now())

    def html(self) -> Markup:
        """The whole document."""
        title = f"{self._channel_title()} · {self.config.team_name}"
        head = el(
            "head",
            el("meta", charset="utf-8"),
            el("meta", name="viewport", content=VIEWPORT),
            el("title", title),
            el("link", rel="icon", href="/static/icon.svg"),
            el("link", rel="stylesheet", href="/static/workspace.css"),
            el("script", src="/static/fields.js", defer=True),
            el("script", src="/static/workspace.js", defer=True),
        )
        body = el(
            "body",
            self.sidebar(),
            self._main(),
            self._thread(),
            inspector(self.workspace),
            el("div", id="modals"),
            el("div", id="announce", role="status", class_="unseen"),
            el("div", id="toast", role="alert", hidden=True),
            data_user=self.seat.user,
            data_channel=self.seat.channel,
            data_thread=self.seat.thread,
            data_told=str(self.workspace.told),
        )
        return Markup("<!doctype html>") + el("html", head, body, lang="en")

    # around the channel

    def sidebar(self) -> Markup:
        """The column on the left: whom to act as, and where to go."""
        switcher = el(
            "label",
            "Acting as",
            el(
                "select",
                [self._person_option(person) for person in self.config.people],
                id="act-as",
                aria_label="Acting as",
            ),
            class_="act-as",
        )
        nav = el(
            "nav",
            el("h2", "Channels"),
            [self._place(each.id, f"# {each.name}") for each in self.config.channels],
            el("h2", "Apps"),
            self._app_place(),
            aria_label="Channels",
        )
        return el("aside", el("h1", self.config.team_name), switcher, nav, id="sidebar", class_="sidebar")

    def _person_option(self, person: Person) -> Markup:
        label = f"{person.name} · {person.title}" if person.title else person.name
        return el("option", label, value=person.id, selected=person.id == self.seat.user)

    def _place(self, channel: str, label: str, *, href: str | None = None, is_current: bool | None = None) -> Markup:
        current = channel == self.seat.channel if is_current is None else is_current
        unread, mentions = (0, 0) if current else self.workspace.conversations.unread(self.seat.user, channel)
        badge = (
            el("span", str(mentions), class_="badge", aria_label=f"{mentions} mention{'s' if mentions > 1 else ''}")
            if mentions
            else None
        )
        return el(
            "a",
            el("span", label),
            badge,
            href=href or self.seat.href(channel=channel),
            class_="unread" if unread else None,
            aria_current="page" if current else None,
            data_place=channel,
        )

    def _app_place(self) -> Markup:
        unread, _ = self.workspace.conversations.unread(self.seat.user, self.dm)
        href = self.seat.href(channel=self.dm if unread else HOME)
        return self._place(self.dm, self.config.app_name, href=href, is_current=self._is_app())

    def _is_app(self) -> bool:
        return self.seat.channel in {HOME, self.dm}

    def _is_read_only(self) -> bool:
        return self._is_app() and self.config.is_dm_read_only

    def _channel_title(self) -> str:
        known = self.config.channel(self.seat.channel)
        return f"# {known.name}" if known else self.config.app_name

    def _header(self) -> Markup:
        known = self.config.channel(self.seat.channel)
        return el(
            "header",
            el("button", "☰", type="button", class_="icon only-narrow", aria_label="Channels", data_toggle="sidebar"),
            el("h1", self._channel_title()),
            self._tabs() if self._is_app() else el("p", known.topic if known else "", class_="topic"),
            el("button", "Inspector", type="button", class_="btn btn-small", data_toggle="inspector"),
            class_="channel-head",
        )

    def _tabs(self) -> Markup:
        def tab(channel: str, label: str) -> Markup:
            is_current = channel == self.seat.channel
            return el("a", label, href=self.seat.href(channel=channel), aria_current="page" if is_current else None)

        return el("nav", tab(HOME, "Home"), tab(self.dm, "Messages"), class_="tabs", aria_label=self.config.app_name)

    def _main(self) -> Markup:
        if self.seat.channel == HOME:
            return el("main", self._header(), self.home(), class_="main")
        place = self._channel_title().replace("# ", "#")
        return el(
            "main",
            self._header(),
            self.messages(),
            None if self._is_read_only() else self._composer(f"Message {place}", example=True),
            class_="main",
        )

    def home(self) -> Markup:
        """The app's home tab, as the app published it."""
        view = self.workspace.views.homes.get(self.seat.user)
        if view is None:
            inner = el("p", f"{self.config.app_name} has not published a home tab yet.", class_="empty")
            return el("div", inner, id="home", class_="scroll home")
        inner = blocks_html(view.blocks, scope=view.id, reader=self.reader)
        return el("div", inner, id="home", class_="scroll home", data_view=view.id)

    # messages

    def messages(self) -> Markup:
        """All messages of the channel."""
        history = self.workspace.conversations.history(self.seat.channel, viewer=self.seat.user)
        rows: list[Markup] = []
        day = ""
        for message in history:
            if (today := self.reader.day(float(message.ts))) != day:
                day = today
                rows.append(el("h2", el("span", day), class_="day"))
            rows.append(self.message(message))
        if not rows:
            rows.append(el("p", self._nothing(), class_="empty"))
        return el("div", rows, id="messages", class_="scroll", role="log", aria_label="Messages", tabindex="0")

    def _nothing(self) -> str:
        names = " or ".join(command.name for command in self.config.commands[:2])
        return f"Nothing here yet. Type a message, or a command such as {names}."

    def message(self, message: Message, *, in_thread: bool = False) -> Markup:
        """One message."""
        author = self._author(message)
        reader = self.reader
        inner = [
            el("p", f"{EMOJI['eyes']} Only visible to you", class_="only-you") if message.only_for else None,
            el(
                "div",
                el("span", author.name, class_="author"),
                el("span", "APP", class_="app-badge") if self._is_bot(message) else None,
                el(
                    "time",
                    reader.clock(float(message.ts)),
                    title=reader.date(float(message.ts), "{date_long} at {time_secs}"),
                ),
                class_="byline",
            ),
            self._content(message),
            el("span", "(edited)", class_="edited") if message.edited else None,
            [self._file(self.workspace.files.get(each)) for each in message.files],
            None if in_thread else self._replies(message),
        ]
        is_mine = reader.viewer != message.user and self.workspace.conversations.mentions(message, reader.viewer)
        return el(
            "article",
            self._avatar(message.user, author.name),
            el("div", inner, class_="content"),
            None if message.only_for or in_thread else self._toolbar(message),
            id=f"{'t' if in_thread else 'm'}-{message.ts}",
            class_=" ".join(["message", *(["ephemeral"] * bool(message.only_for)), *(["mentions-you"] * is_mine)]),
            data_ts=message.ts,
            data_author=message.user,
            aria_label=f"{author.name}, {reader.clock(float(message.ts))}",
        )

    def _author(self, message: Message) -> Person:
        return self.config.person(message.user) or Person(message.user, message.user)

    def _is_bot(self, message: Message) -> bool:
        return message.user == self.config.bot_user

    def _content(self, message: Message) -> Markup:
        if message.blocks:
            return blocks_html(message.blocks, scope=message.ts, reader=self.reader)
        return el("div", mrkdwn(message.text, self.reader), class_="text")

    def _avatar(self, user: str, name: str) -> Markup:
        colour = "app" if user == self.config.bot_user else str(sum(map(ord, user)) % COLOURS)
        initials = "".join(part[0] for part in name.split()[:2]).upper()
        return el("span", initials, class_=f"avatar avatar-{colour}", aria_hidden="true")

    def _replies(self, message: Message) -> Markup | None:
        count = self.workspace.conversations.reply_count(message)
        if not count:
            return None
        label = f"{count} repl{'y' if count == 1 else 'ies'}"
        return el("a", label, href=self.seat.href(thread=message.ts), class_="replies")

    def _toolbar(self, message: Message) -> Markup:
        return el(
            "div",
            el("a", EMOJI["speech_balloon"], href=self.seat.href(thread=message.thread_ts or message.ts),
               aria_label="Reply in thread", title="Reply in thread"),
            el("button", EMOJI["link"], type="button", aria_label="Copy link", title="Copy link",
               data_copy_link=f"/archives/{message.channel}/p{message.ts.replace('.', '')}"),
            class_="toolbar",
        )  # fmt: skip

    def _file(self, file: File) -> Markup:
        size = f"{max(1, len(file.content) // 1024):,} KB"
        return el(
            "a",
            el("span", EMOJI["page_facing_up"], class_="file-icon", aria_hidden="true"),
            el("span", el("b", file.title), el("small", f"{file.kind.upper()} · {size}")),
            href=f"/ui/files/{file.id}",
            class_="file",
            download=file.name,
        )

    # composing, thread

    def _composer(self, label: str, *, thread_ts: str | None = None, example: bool = False) -> Markup:
        hint = f" — try {self.config.commands[0].name}" if example and self.config.commands else ""
        commands = None if thread_ts else self._commands()
        return el(
            "form",
            el("ul", class_="uploads"),
            el(
                "label",
                el("input", type="file", multiple=True, aria_label="Attach files"),
                el("span", "+", aria_hidden="true"),
                class_="attach",
                title="Attach files",
            ),
            el(
                "textarea", rows=1, placeholder=label + hint, aria_label=label, autocomplete="off",
                role="combobox" if commands else None, aria_expanded="false" if commands else None,
                aria_controls="commands" if commands else None, aria_autocomplete="list" if commands else None,
            ),
            el("button", "➤", type="submit", class_="send", aria_label="Send"),
            commands,
            class_="composer",
            data_max=str(MESSAGE_FILES),
            data_thread=thread_ts,
        )  # fmt: skip

    def _commands(self) -> Markup | None:
        if not self.config.commands:
            return None
        rows = [self._command(command) for command in self.config.commands]
        return el("ul", rows, id="commands", role="listbox", aria_label="Commands", hidden=True)

    def _command(self, command: Command) -> Markup:
        return el(
            "li",
            el("b", command.name),
            el("span", f" {command.usage}", class_="usage") if command.usage else None,
            el("small", command.description),
            role="option",
            aria_selected="false",
            data_name=command.name,
        )

    def _thread(self) -> Markup | None:
        if self.seat.thread is None or self.seat.channel == HOME:
            return None
        return el(
            "section",
            el(
                "header",
                el("h2", "Thread"),
                el("span", self._channel_title(), class_="topic"),
                el("a", "✕", href=self.seat.href(), class_="icon", aria_label="Close thread"),
                class_="channel-head",
            ),
            self.thread_messages(),
            self._composer("Reply…", thread_ts=self.seat.thread),
            class_="thread",
            aria_label="Thread",
        )

    def thread_messages(self) -> Markup:
        """The messages of the open thread."""
        thread = self.workspace.conversations.replies(self.seat.channel, self.seat.thread or "", viewer=self.seat.user)
        rows = [self.message(each, in_thread=True) for each in thread]
        return el(
            "div", rows, id="thread-messages", class_="scroll", role="log", aria_label="Thread messages", tabindex="0"
        )

    # modals

    def stack(self) -> Json:
        """The person's modals, bottom first, as the page's script takes them."""
        views = self.workspace.views.stacks.get(self.seat.user, [])
        modals = [{"id": view.id, "hash": view.hash, "html": str(self._modal(view))} for view in views]
        return {"changes": self.workspace.views.changes, "modals": modals}

    def _modal(self, view: View) -> Markup:
        definition = view.definition
        title_id = f"{view.id}-title"
        head = el(
            "header",
            el("h2", text(definition["title"], self.reader), id=title_id, tabindex="-1"),
            el("button", "✕", type="button", class_="icon", aria_label="Close", data_close="all"),
        )
        body = el("div", blocks_html(view.blocks, scope=view.id, reader=self.reader), class_="modal-body")
        foot = el("footer", el("p", class_="problem", role="alert", hidden=True), self._modal_buttons(definition))
        return el("form", head, body, foot, novalidate=True, data_title=title_id)

    def _modal_buttons(self, definition: Json) -> Iterable[Markup]:
        submit, close = definition.get("submit"), definition.get("close")
        if close or submit:
            label = text(close, self.reader) if close else "Cancel"
            yield el("button", label, type="button", class_="btn", data_close="one")
        if submit:
            yield el(
                "button", text(submit, self.reader), type="submit", class_="btn btn-primary",
                disabled=bool(definition.get("submit_disabled")),
            )  # fmt: skip

"""What the page asks: itself, its live changes, and everything that a person does."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import msgspec
from starlette.datastructures import UploadFile
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from infra.local.workspace.errors import Json, Refused
from infra.local.workspace.fields import Lookup, state_values
from infra.local.workspace.files import FILE_BYTES, MEGABYTE, MESSAGE_FILE_BYTES
from infra.local.workspace.guard import SECURITY_HEADERS
from infra.local.workspace.html import el
from infra.local.workspace.inputs_html import option_list
from infra.local.workspace.inspector import bodies
from infra.local.workspace.page import HOME, Page, Seat
from infra.local.workspace.payloads import message_container
from infra.local.workspace.reader import Reader

if TYPE_CHECKING:
    from starlette.requests import Request

    from infra.local.workspace.dispatch import Dispatcher
    from infra.local.workspace.live import Streams
    from infra.local.workspace.state import Workspace
    from infra.local.workspace.views import View

TYPED = dict[str, dict[str, list[str]]]
T = TypeVar("T", bound=msgspec.Struct)


class Said(msgspec.Struct):
    """A message or command from the composer."""

    user: str
    channel: str
    text: str
    thread: str | None = None
    files: list[str] = []


class Acted(msgspec.Struct):
    """A button or field: in a view, or in a message of a channel."""

    user: str
    block: str
    action: str
    chosen: list[str] = []
    typed: TYPED = {}
    view: str | None = None
    channel: str = ""
    ts: str = ""


class Asked(msgspec.Struct):
    """A search in an external select."""

    user: str
    block: str
    action: str
    value: str
    typed: TYPED = {}
    view: str | None = None
    channel: str = ""
    ts: str = ""


class Finished(msgspec.Struct):
    """A modal submitted, or closed (``all`` with those below it)."""

    user: str
    view: str
    typed: TYPED = {}
    all: bool = False


class Opened(msgspec.Struct):
    """A page that shows the app's home or messages."""

    user: str
    channel: str


class PageRoutes:
    """The routes that the browser calls."""

    def __init__(self, workspace: Workspace, streams: Streams) -> None:
        self._workspace = workspace
        self._streams = streams

    def routes(self) -> list[Route]:
        """Path by path."""
        return [
            Route("/", self.page),
            Route("/archives/{channel}/{message}", self.archive),
            Route("/events", self.events),
            Route("/ui/log/{line:int}", self.log),
            Route("/ui/files/{file}", self.file),
            Route("/ui/say", self.say, methods=["POST"]),
            Route("/ui/opened", self.opened, methods=["POST"]),
            Route("/ui/act", self.act, methods=["POST"]),
            Route("/ui/suggest", self.suggest, methods=["POST"]),
            Route("/ui/submit", self.submit, methods=["POST"]),
            Route("/ui/close", self.close, methods=["POST"]),
            Route("/ui/upload", self.upload, methods=["POST"]),
        ]

    # reading

    async def page(self, request: Request) -> Response:
        """The page of one person at one place; an address that names neither is completed."""
        self._learn_address(request)
        wanted = self._seat(request)
        if (request.query_params.get("user"), request.query_params.get("channel")) != (wanted.user, wanted.channel):
            return RedirectResponse(wanted.href(thread=wanted.thread))
        if wanted.channel != HOME:
            self._workspace.conversations.mark_read(wanted.user, wanted.channel)
        return HTMLResponse(str(Page(self._workspace, wanted).html()), headers=SECURITY_HEADERS)

    async def archive(self, request: Request) -> Response:
        """A message's permalink leads to it, as seen by whoever was asked for, or the first person."""
        digits = request.path_params["message"].removeprefix("p")
        ts = f"{digits[:-6]}.{digits[-6:]}"
        seat = Seat(
            request.query_params.get("user") or self._workspace.config.people[0].id, request.path_params["channel"]
        )
        return RedirectResponse(f"{seat.href(thread=request.query_params.get('thread_ts'))}#m-{ts}")

    async def events(self, request: Request) -> Response:
        """The stream of changes for one page."""
        page = Page(self._workspace, self._seat(request))
        stream = self._streams.follow(page, told=request.query_params.get("told", ""))
        return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def log(self, request: Request) -> Response:
        """The bodies of one line of the inspector."""
        for line in self._workspace.log:
            if line.id == request.path_params["line"]:
                return HTMLResponse(str(bodies(line)), headers=SECURITY_HEADERS)
        return HTMLResponse(str(el("p", "No longer kept.")), status_code=404, headers=SECURITY_HEADERS)

    async def file(self, request: Request) -> Response:
        """A file, to save."""
        try:
            file = self._workspace.files.get(request.path_params["file"])
        except Refused:
            return PlainTextResponse("No such file.", status_code=404)
        disposition = f"attachment; filename*=UTF-8''{quote(file.name)}"
        headers = {**SECURITY_HEADERS, "Content-Disposition": disposition}
        return Response(file.content, media_type=file.mimetype, headers=headers)

    # doing

    async def say(self, request: Request) -> Response:
        """Post a message or run a command."""
        said = await _body(request, Said)
        channel = self._workspace.conversations.resolve(said.channel)
        await _dispatcher(request).say(
            user=said.user, channel=channel, text=said.text, thread_ts=said.thread, files=said.files
        )
        return JSONResponse({"ok": True})

    async def opened(self, request: Request) -> Response:
        """The app learns that its home or messages are looked at."""
        opened = await _body(request, Opened)
        is_home = opened.channel == HOME
        if is_home or self._workspace.conversations.dm_user(opened.channel):
            _dispatcher(request).opened(user=opened.user, tab="home" if is_home else "messages")
        return JSONResponse({"ok": True})

    async def act(self, request: Request) -> Response:
        """Press a button, or change a field that dispatches."""
        acted = await _body(request, Acted)
        dispatcher = _dispatcher(request)
        if acted.view is not None:
            view = self._view(acted.view, acted.user)
            if view is None:
                return _problem("This view is no longer open.")
            problem = await dispatcher.act_in_view(
                view, block_id=acted.block, action_id=acted.action, chosen=acted.chosen, typed=acted.typed
            )
            return self._answer(acted.user, problem)
        try:
            message = self._workspace.conversations.get(acted.channel, acted.ts)
        except Refused:
            return _problem("This message is no longer there.")
        problem = await dispatcher.act_in_message(
            message,
            user=acted.user,
            block_id=acted.block,
            action_id=acted.action,
            chosen=acted.chosen,
            typed=acted.typed,
        )
        return self._answer(acted.user, problem)

    async def suggest(self, request: Request) -> Response:
        """Options for an external select, as list items."""
        asked = await _body(request, Asked)
        where = self._where(asked)
        if where is None:
            return JSONResponse({"html": ""})
        options = await _dispatcher(request).suggest(
            user=asked.user,
            scope=asked.view or asked.ts,
            block_id=asked.block,
            action_id=asked.action,
            value=asked.value,
            where=where,
        )
        reader = Reader(self._workspace.config, asked.user, self._workspace.now())
        return JSONResponse(
            {"html": str(option_list(options.get("options") or (), options.get("option_groups"), reader))}
        )

    async def submit(self, request: Request) -> Response:
        """Submit a modal."""
        finished = await _body(request, Finished)
        view = self._view(finished.view, finished.user)
        if view is None:
            return _problem("This view is no longer open.")
        outcome = await _dispatcher(request).submit(view, typed=finished.typed)
        return JSONResponse({**msgspec.to_builtins(outcome), **self._stack(finished.user)})

    async def close(self, request: Request) -> Response:
        """Close a modal, or all of them."""
        finished = await _body(request, Finished)
        view = self._view(finished.view, finished.user)
        if view is not None:
            await _dispatcher(request).close(view, clears=finished.all)
        return JSONResponse(self._stack(finished.user))

    async def upload(self, request: Request) -> Response:
        """A file chosen in a ``file_input``, or attached to a message (``for``: ``message``)."""
        async with request.form(max_files=1) as form:
            part = form.get("file")
            if not isinstance(part, UploadFile):
                return _problem("No file came.")
            most = MESSAGE_FILE_BYTES if form.get("for") == "message" else FILE_BYTES
            if part.size is not None and part.size > most:
                return _problem(f"{part.filename} is larger than {most // MEGABYTE:,} MB.")
            file = self._workspace.files.add(
                name=part.filename or "file",
                content=await part.read(),
                user=str(form.get("user", "")),
                now=self._workspace.now(),
            )
        return JSONResponse({"id": file.id, "name": file.name, "size": len(file.content)})

    def _seat(self, request: Request) -> Seat:
        query, config = request.query_params, self._workspace.config
        user = query.get("user", "")
        if user not in {person.id for person in config.people}:
            user = config.people[0].id
        dm = self._workspace.conversations.dm_of(user)
        places = {HOME, dm} | {channel.id for channel in config.channels}
        wanted = query.get("channel", "")
        if wanted.startswith("D"):
            wanted = dm
        return Seat(user, wanted if wanted in places else config.channels[0].id, query.get("thread"))

    def _view(self, view_id: str, user: str) -> View | None:
        view = self._workspace.views.find(view_id=view_id)
        return view if view is not None and view.user == user else None

    def _where(self, asked: Asked) -> Json | None:
        """Where a search happens: the container, with the view and what is typed in it."""
        if asked.view is None:
            message = self._workspace.conversations.messages.get(asked.channel, {}).get(asked.ts)
            return None if message is None else {"container": message_container(message)}
        view = self._view(asked.view, asked.user)
        if view is None:
            return None
        lookup = Lookup(offered=self._workspace.offered.get(view.id, {}), file=self._workspace.file_payload)
        values = state_values(view.blocks, asked.typed, lookup)
        container = {"type": "view", "view_id": view.id}
        return {"container": container, "view": self._workspace.views.payload(view, values=values)}

    def _answer(self, user: str, problem: str | None) -> Response:
        return JSONResponse({**({"problem": problem} if problem else {}), **self._stack(user)})

    def _stack(self, user: str) -> Json:
        seat = Seat(user, self._workspace.config.channels[0].id)
        return {"stack": Page(self._workspace, seat).stack()}

    def _learn_address(self, request: Request) -> None:
        if self._workspace.config.public_url is None:
            self._workspace.base_url = str(request.base_url).rstrip("/")


async def _body(request: Request, kind: type[T]) -> T:
    return msgspec.json.decode(await request.body(), type=kind)


def _dispatcher(request: Request) -> Dispatcher:
    dispatcher: Dispatcher = request.app.state.dispatcher
    return dispatcher


def _problem(sentence: str) -> Response:
    return JSONResponse({"problem": sentence})

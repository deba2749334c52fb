"""What the app asks of Slack: Web API, response addresses, uploads, downloads; and planned faults for tests."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import msgspec
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from infra.local.workspace import response_urls
from infra.local.workspace.errors import Json, Refused
from infra.local.workspace.files import FILE_BYTES
from infra.local.workspace.state import Fault, Workspace
from infra.local.workspace.transport import pretty
from infra.local.workspace.web_api import METHODS, call

if TYPE_CHECKING:
    from starlette.requests import Request

LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in to your workspace</h1></body></html>"
)


class AppRoutes:
    """The routes that the app calls."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def routes(self) -> list[Route]:
        """Path by path."""
        return [
            Route("/api/{method}", self.web_api, methods=["GET", "POST"]),
            Route("/hooks/{hook}", self.hook, methods=["POST"]),
            Route("/upload/{file}", self.upload, methods=["POST"]),
            Route("/files-pri/{file}/{name:path}", self.download),
            Route("/_test/fault", self.plan_fault, methods=["POST"]),
        ]

    async def web_api(self, request: Request) -> Response:
        """One Web API call, with the fault that a test planned for it."""
        self._learn_address(request)
        method = request.path_params["method"]
        try:
            args = await _arguments(request)
        except ValueError:
            return JSONResponse({"ok": False, "error": "invalid_json"})
        token = _bearer(request) or args.pop("token", None)
        line = self._workspace.note(label=method, is_inbound=True, request=pretty(args))
        started = time.perf_counter()
        response = await self._answer(method, args, token)
        body = json.loads(bytes(response.body))
        status = "ok" if body["ok"] else body["error"]
        ms = (time.perf_counter() - started) * 1000
        self._workspace.noted(line, status=status, is_ok=body["ok"], answer=pretty(body), ms=ms)
        return response

    async def _answer(self, method: str, args: Json, token: str | None) -> JSONResponse:
        fault = self._workspace.fault(method) if method in METHODS else None
        if fault and fault.kind == "ratelimited":
            headers = {"Retry-After": str(fault.retry_after)}
            return JSONResponse({"ok": False, "error": "ratelimited"}, status_code=429, headers=headers)
        if fault and fault.kind == "error":
            return JSONResponse({"ok": False, "error": fault.error})
        answer = call(self._workspace, method, args, token=token)
        if fault:
            await asyncio.sleep(fault.seconds)
            return JSONResponse({"ok": False, "error": "request_timeout"}, status_code=504)
        return JSONResponse(answer)

    async def hook(self, request: Request) -> Response:
        """A message to a ``response_url``."""
        body = await _arguments(request)
        line = self._workspace.note(label="response_url", is_inbound=True, request=pretty(body))
        try:
            response_urls.use(self._workspace, request.path_params["hook"], body)
        except Refused as refusal:
            self._workspace.noted(line, status=refusal.error, is_ok=False, answer=pretty(refusal.answer()))
            return JSONResponse(refusal.answer(), status_code=404 if refusal.error.endswith("_url") else 400)
        self._workspace.noted(line, status="ok", is_ok=True, answer="ok")
        return PlainTextResponse("ok")

    async def upload(self, request: Request) -> Response:
        """The bytes of an upload that ``files.getUploadURLExternal`` announced."""
        file = self._workspace.files.announced.get(request.path_params["file"])
        if file is None:
            return PlainTextResponse("file_not_found", status_code=404)
        if request.headers.get("content-type", "").startswith("multipart/"):
            async with request.form(max_part_size=FILE_BYTES) as form:
                parts = [part for part in form.values() if not isinstance(part, str)]
                file.content = await parts[0].read() if parts else b""
        else:
            file.content = await request.body()
        return PlainTextResponse(f"OK - {len(file.content)}")

    async def download(self, request: Request) -> Response:
        """A private file; without the app's token Slack answers 200 and a page to sign in."""
        file_id = request.path_params["file"].rsplit("-", 1)[-1]
        if _bearer(request) != self._workspace.config.bot_token:
            return HTMLResponse(LOGIN_PAGE)
        try:
            file = self._workspace.files.get(file_id)
        except Refused:
            return HTMLResponse(LOGIN_PAGE, status_code=404)
        return Response(file.content, media_type=file.mimetype)

    async def plan_fault(self, request: Request) -> Response:
        """Plan a failure of a Web API method."""
        try:
            fault = msgspec.json.decode(await request.body(), type=Fault)
        except msgspec.ValidationError as error:
            return PlainTextResponse(str(error), status_code=400)
        self._workspace.faults.append(fault)
        return JSONResponse({"ok": True})

    def _learn_address(self, request: Request) -> None:
        """The address that the app knows us by is the one that our links carry, unless one is configured."""
        if self._workspace.config.public_url is None:
            self._workspace.base_url = str(request.base_url).rstrip("/")


async def _arguments(request: Request) -> Json:
    """Arguments from the query, and from a JSON, multipart or form body."""
    query: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        body = json.loads(await request.body() or b"{}")
        return query | (body if isinstance(body, dict) else {})
    if kind.startswith("multipart/"):
        async with request.form() as form:
            return query | {key: value for key, value in form.items() if isinstance(value, str)}
    return query | dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None

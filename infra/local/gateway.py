"""A loopback front for the HTTP API: the local AWS tells APIs apart by a host name that no client would send."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import httpx
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from infra.local.stack import Stack

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OF_ONE_CONNECTION: Final = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"content-length", b"host"})
LONGER_THAN_ANY_ANSWER: Final = 35


def create_gateway(stack: Stack) -> Starlette:
    """Return an app that hands every request on, headers and raw body as they came."""
    upstream = httpx.AsyncClient(
        base_url=stack.aws.endpoint,
        timeout=LONGER_THAN_ANY_ANSWER,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
        trust_env=False,
    )
    host = stack.api_host.encode()

    async def forward(request: Request) -> Response:
        kept = [(name, value) for name, value in request.headers.raw if name not in OF_ONE_CONNECTION]
        url = httpx.URL(path=request.url.path, query=request.url.query.encode())
        answer = await upstream.request(
            request.method, url, content=await request.body(), headers=[*kept, (b"host", host)]
        )
        return _as_it_came(answer)

    @asynccontextmanager
    async def closing(_: Starlette) -> AsyncIterator[None]:
        async with upstream:
            yield

    return Starlette(routes=[Route("/{path:path}", forward, methods=list(METHODS))], lifespan=closing)


def _as_it_came(answer: httpx.Response) -> Response:
    response = Response(answer.content, status_code=answer.status_code)
    kept = [(name.lower(), value) for name, value in answer.headers.raw]
    response.raw_headers = [
        *((name, value) for name, value in kept if name not in OF_ONE_CONNECTION),
        (b"content-length", str(len(answer.content)).encode()),
    ]
    return response

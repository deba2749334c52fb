"""The inspector: every request between workspace and app, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from infra.local.workspace.html import el

if TYPE_CHECKING:
    from markupsafe import Markup

    from infra.local.workspace.state import Logged, Workspace

SHOWN = 60


def inspector(workspace: Workspace) -> Markup:
    """The panel."""
    return el(
        "aside",
        el(
            "header",
            el("h2", "Inspector"),
            el("span", "signed requests, acks and API calls", class_="topic"),
            el("button", "✕", type="button", class_="icon", aria_label="Close inspector", data_toggle="inspector"),
        ),
        el("div", [row(line) for line in list(workspace.log)[:SHOWN]], id="log", class_="scroll"),
        id="inspector",
        class_="inspector",
        aria_label="Inspector",
    )


def row(line: Logged) -> Markup:
    """One request; its bodies are fetched when it is opened."""
    at = datetime.fromtimestamp(line.at).astimezone().strftime("%H:%M:%S")
    status = line.status if line.ms is None else f"{line.status} · {line.ms:.1f} ms"
    state = "wait" if line.is_ok is None else ("good" if line.is_ok else "bad")
    summary = el(
        "summary",
        el("time", at),
        el("span", line.label, class_="log-label", title=line.label),
        el("span", status, class_=f"log-status log-{state}"),
    )
    kind = "api" if line.is_inbound else "request"
    return el("details", summary, el("div", class_="log-body"), id=f"log-{line.id}", class_=f"log log-{kind}")


def bodies(line: Logged) -> Markup:
    """What was asked and answered."""
    request, answer = ("Arguments", "Answer") if line.is_inbound else ("Payload", "Answer")
    return el(
        "div",
        el("h3", request),
        el("pre", line.request or "(empty)", tabindex="0"),
        el("h3", answer),
        el("pre", line.answer or "(empty)", tabindex="0"),
    )

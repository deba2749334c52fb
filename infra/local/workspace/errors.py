"""How the workspace refuses: with Slack's own error names."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """A Web API call that Slack would answer with ``ok: false``; ``messages`` say where and why."""

    def __init__(self, error: str, messages: tuple[str, ...] = ()) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages

    def answer(self) -> Json:
        """The body that Slack would send."""
        if not self.messages:
            return {"ok": False, "error": self.error}
        return {"ok": False, "error": self.error, "response_metadata": {"messages": list(self.messages)}}

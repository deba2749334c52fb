"""The one modal of a run. It grows with the answers: what is known, what to say and do, what is still open."""

from sop_slack.run.modal import CALLBACK, run_modal
from sop_slack.run.overview import RunLine, overview
from sop_slack.run.pages import form_pages
from sop_slack.run.picker import project_option
from sop_slack.run.screen import MATCHES_SHOWN, RunScreen, Sheet

__all__ = [
    "CALLBACK",
    "MATCHES_SHOWN",
    "RunLine",
    "RunScreen",
    "Sheet",
    "form_pages",
    "overview",
    "project_option",
    "run_modal",
]

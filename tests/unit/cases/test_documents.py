"""Documents leave Slack for the private bucket, once their case says that it has them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient

from functions.deliver.delivery import ENOUGH_TIME
from functions.deliver.documents import MOST_BYTES, REFUSED, SlackDocuments
from functions.deliver.failures import OutOfTime, Refused, Unsure
from sop_aws.deliveries import outbox
from sop_aws.documents import DocumentStore
from sop_core.cases.case import Document
from sop_core.cases.lifecycle import apply
from sop_http import slack_files
from sop_http.slack_files import is_slack
from sop_slack.undelivered import WHY
from tests.standin.aws import BOT_TOKEN
from tests.standin.files import SlackWithFiles, StoredFile, slack_with_files
from tests.standin.slack import Fault

if TYPE_CHECKING:
    from sop_core.cases.case import Case
    from tests.standin.aws import Aws
    from tests.unit.cases.conftest import Desk

AT = "2027-01-15T08:00:00Z"


def attached(desk: Desk, *files: str) -> Case:
    """Open a case and attach documents; those that are named are in Slack."""
    case = desk.open()
    desk.slack.stored |= dict.fromkeys(files, ("roof.jpg", b"roof"))
    documents = tuple(
        Document(id=file, name="roof.jpg", size=9, key=f"cases/{case.id}/{file}", by="U1", at=AT)
        for file in files or ["F0ROOF"]
    )
    changed, event = apply(case, "attach", actor="U1", actor_name="Bo", at=AT, documents=documents)
    return desk.cases.change(changed, event, outbox(changed, "documents", "card", "thread", at=AT))


def test_a_document_is_copied_and_then_told(desk: Desk) -> None:
    desk.slack.stored["F0ROOF"] = ("roof.jpg", b"\xff\xd8 a roof")
    case = attached(desk)
    desk.deliver_later(case)
    kept = desk.aws.s3.get_object(Bucket="files", Key=f"cases/{case.id}/F0ROOF")
    assert kept["Body"].read() == b"\xff\xd8 a roof"
    assert (kept["ContentType"], kept["ContentDisposition"]) == ("image/jpeg", "attachment")
    assert any("supporting documentation" in message["text"] for message in desk.slack.messages)


def test_a_document_that_slack_no_longer_has_is_given_up_and_told_all_the_same(desk: Desk) -> None:
    case = attached(desk)
    desk.deliver_later(case)
    assert ("dead", "documents", "file_not_found") in desk.outcomes
    assert any("supporting documentation" in message["text"] for message in desk.slack.messages)


def test_when_slack_does_not_answer_the_document_waits(desk: Desk) -> None:
    desk.slack.stored["F0ROOF"] = ("roof.jpg", b"roof")
    case = attached(desk)
    desk.slack.faults.append(Fault(method="files.info", status=500))
    desk.deliver_later(case)
    assert ("unsure", "documents", "no answer") in desk.outcomes
    desk.deliver_later(case)
    assert desk.cases.outbox.pending(case.id) == ()


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (302, "missing_scope"),
        (401, "missing_scope"),
        (403, "missing_scope"),
        (404, "file_not_found"),
        (410, "file_not_found"),
    ],
)
def test_a_document_that_slack_will_not_hand_over_holds_up_neither_card_nor_line(
    desk: Desk, status: int, word: str
) -> None:
    desk.slack.stored["F0ROOF"] = ("roof.jpg", b"roof")
    case = attached(desk)
    desk.slack.faults.append(Fault(method="download", status=status))
    desk.deliver_later(case)
    assert ("dead", "documents", word) in desk.outcomes
    assert desk.cases.outbox.pending(case.id) == ()
    assert any("supporting documentation" in message["text"] for message in desk.slack.messages)


def test_of_several_the_others_are_kept_where_slack_hands_one_over_no_more(desk: Desk) -> None:
    case = attached(desk, "F0GONE", "F0ROOF", "F0BILL")
    del desk.slack.stored["F0GONE"]
    desk.deliver_later(case)
    assert ("dead", "documents", "file_not_found") in desk.outcomes
    kept = desk.aws.s3.list_objects_v2(Bucket="files", Prefix=f"cases/{case.id}/")["Contents"]
    assert [each["Key"].rpartition("/")[2] for each in kept] == ["F0BILL", "F0ROOF"]


def test_a_file_host_that_says_nothing_is_an_outage(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_files, "SECONDS", 0.1)
    desk.slack.stored["F0ROOF"] = ("roof.jpg", b"roof")
    case = attached(desk)
    desk.slack.faults.append(Fault(method="download", silent=True))
    desk.deliver_later(case)
    assert ("unsure", "documents", "no answer") in desk.outcomes


def test_a_document_that_is_kept_is_not_fetched_again(desk: Desk) -> None:
    case = attached(desk, "F0ROOF", "F0BILL")
    del desk.slack.stored["F0BILL"]
    worker, copied = desk.worker(), []

    def breaks_after_one(document: Document) -> None:
        worker.copy(document)
        copied.append(document.id)
        raise Unsure

    desk.clock.pass_(hours=1)
    replace(worker, copy=breaks_after_one).deliver(case.id)
    desk.deliver_later(case)
    assert copied == ["F0ROOF"]
    assert [call["file"] for call in desk.slack.called("files.info")] == ["F0ROOF", "F0BILL"]


def test_documents_for_which_no_time_is_left_are_kept_by_the_next_call(desk: Desk) -> None:
    """What was copied stays so; the row is due at once, and its waiting counts as no failure."""
    case = attached(desk, "F0ROOF", "F0BILL")
    desk.clock.pass_(hours=1)
    left = iter([59.0, 59.0, 59.0, ENOUGH_TIME - 1])
    with pytest.raises(OutOfTime):
        desk.worker().deliver(case.id, seconds_left=lambda: next(left))
    assert [call["file"] for call in desk.slack.called("files.info")] == ["F0ROOF"]
    desk.deliver(case)
    assert [call["file"] for call in desk.slack.called("files.info")] == ["F0ROOF", "F0BILL"]
    assert desk.cases.outbox.pending(case.id) == ()


def test_every_reason_has_a_sentence() -> None:
    assert set(REFUSED.values()) <= WHY.keys()


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"error": "missing_scope"}, "missing_scope"),
        ({"error": "file_deleted"}, "file_not_found"),
        ({"served_as": "text/html"}, "missing_scope"),
        ({"content": b"x" * (MOST_BYTES + 1)}, "file_too_large"),
        ({"size": MOST_BYTES + 1}, "file_too_large"),
        ({"is_external": True}, "file_elsewhere"),
        ({"url_private": "https://slack.com.example/F1"}, "file_elsewhere"),
    ],
    ids=str,
)
def test_why_a_document_cannot_be_kept_is_told(said: dict[str, Any], word: str, store: DocumentStore) -> None:
    with slack_with_files() as slack, pytest.raises(Refused) as refused:
        copy(slack, store, **said)
    assert refused.value.code == word
    assert not slack.downloads or slack.downloads[0][1] == f"Bearer {BOT_TOKEN}"


def copy(slack: SlackWithFiles, store: DocumentStore, *, error: str = "", **said: Any) -> None:
    """Let the worker keep a document of which Slack's files.info says this."""
    if error:
        slack.faults.append(Fault(method="files.info", error=error))
    content, served_as = said.pop("content", b"roof"), said.pop("served_as", "image/jpeg")
    slack.files["F0ROOF"] = StoredFile(content=content, served_as=served_as, mimetype="image/jpeg", info=said)
    client = WebClient(token=BOT_TOKEN, base_url=slack.url, timeout=5, retry_handlers=[])
    document = Document(id="F0ROOF", name="roof.jpg", size=9, key="cases/SOP-1/F0ROOF", by="U1", at=AT)
    SlackDocuments(client, BOT_TOKEN, store).copy(document)


@pytest.fixture
def store(aws: Aws) -> DocumentStore:
    return DocumentStore(aws.s3, "files")


@pytest.mark.parametrize(
    ("address", "api", "is_ours"),
    [
        ("https://files.slack.com/files-pri/T-F/roof.jpg", "https://slack.com/api/", True),
        ("https://slack.com.example.com/f", "https://slack.com/api/", False),
        ("http://files.slack.com/f", "https://slack.com/api/", False),
        ("http://127.0.0.1:9/f", "https://slack.com/api/", False),
        ("http://127.0.0.1:9/f", "http://127.0.0.1:8/api/", True),
        ("https://files.slack.com/f", "http://127.0.0.1:8/api/", True),
    ],
)
def test_the_token_goes_to_slack_only(address: str, api: str, is_ours: bool) -> None:  # noqa: FBT001 - the table's
    assert is_slack(address, api=api) is is_ours

"""A document's link opens, on the local AWS: what it serves is the document, for saving and not for showing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from botocore.session import get_session

from infra.local.aws import CREDENTIALS
from sop_aws import clients
from sop_aws.documents import DocumentStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.standin.aws import Aws

pytestmark = pytest.mark.stack


@pytest.fixture
def documents(local_aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[DocumentStore]:
    """The store on the client that the functions have."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", local_aws.s3.meta.endpoint_url)
    monkeypatch.setattr(clients, "_session", get_session)
    client = clients.s3.__wrapped__()
    yield DocumentStore(client, "files")
    client.close()


def test_a_link_serves_the_document_to_whoever_has_it(documents: DocumentStore) -> None:
    documents.put("cases/SOP-1/F0ROOF", b"a roof", kind="image/jpeg")
    with urlopen(documents.link("cases/SOP-1/F0ROOF"), timeout=10) as answer:  # noqa: S310 - loopback
        assert answer.read() == b"a roof"
        assert answer.headers["Content-Disposition"] == "attachment"


def test_a_link_serves_nothing_else(documents: DocumentStore) -> None:
    documents.put("cases/SOP-2/F0ROOF", b"a roof", kind="image/jpeg")
    documents.put("cases/SOP-2/F0DEED", b"a deed", kind="image/jpeg")
    with pytest.raises(HTTPError) as refused:
        urlopen(documents.link("cases/SOP-2/F0ROOF").replace("F0ROOF", "F0DEED"), timeout=10)  # noqa: S310 - loopback
    refused.value.close()
    assert refused.value.code == 403

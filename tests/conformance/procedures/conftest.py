from __future__ import annotations

from tests.conformance.cases.conftest import aws, isolated, local_aws

__all__ = ["aws", "isolated", "local_aws"]

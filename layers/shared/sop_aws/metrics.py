"""Metrics: lines of the log in CloudWatch's embedded format. Not with the logs: the ack path starts without them."""

from __future__ import annotations

from typing import Final

from aws_lambda_powertools import Metrics

NAMESPACE: Final = "SopDesk"


def make_metrics() -> Metrics:
    """Return the function's metrics."""
    return Metrics(namespace=NAMESPACE)

"""Metrics: lines of the log in CloudWatch's embedded format. Not with the logs: the ack path starts without them."""

from __future__ import annotations

from aws_lambda_powertools import Metrics


def make_metrics() -> Metrics:
    """Return the function's metrics; the library reads ``POWERTOOLS_METRICS_NAMESPACE``, one for each installation."""
    return Metrics()

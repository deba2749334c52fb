"""Outbox to Slack."""

"""Block Kit from values: pure builders of messages and modals. Nothing here calls Slack."""

"""How workers ask Slack, and files in and out of it, over HTTP."""

"""The Slack app manifest, the builds, and the local run."""

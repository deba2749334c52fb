"""The app on one machine: a local AWS, a local Slack workspace, and the commands that start them."""

"""Files in and out of Slack, over HTTP: for every function that is handed one."""

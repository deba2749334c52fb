"""AWS: stores, queues, settings, secrets, configuration and logs."""

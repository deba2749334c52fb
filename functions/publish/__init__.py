"""An uploaded procedure file: read, proven, compared, and ready to be activated."""

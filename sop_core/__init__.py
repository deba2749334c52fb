"""SOP Desk's decisions: procedures, guidance, transfer-sheet rules and the life of a case.

Pure: no AWS, no Slack, no environment, no clock, no randomness. Time and ids come in as arguments.
"""

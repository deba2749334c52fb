"""The app on one machine: a local AWS, a local Slack workspace, and the commands that start them."""

import sys
from pathlib import Path

# Lambda finds the shared layer's packages on its path; so does whatever runs from here.
sys.path.insert(0, str(Path(__file__).parents[2] / "layers" / "shared"))

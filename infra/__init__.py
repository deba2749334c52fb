"""The Slack app manifest, the builds, the first settings, and the local run."""

import sys
from pathlib import Path

# Lambda finds the shared layer's packages on its path; so does whatever runs from here.
sys.path.insert(0, str(Path(__file__).parents[1] / "layers" / "shared"))

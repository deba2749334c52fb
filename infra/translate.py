"""``translate.py FOLDER ENVIRONMENT TEMPLATE…``: what CloudFormation makes of templates, by environment.

SAM's transform adds versions, aliases, permissions and deployment groups, which a linter of the template itself never
sees. Run it with the interpreter of `.tools/sam`, which brings SAM's translator.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

from samtranslator.translator.transform import transform  # type: ignore[import-not-found] # in .tools/sam
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-not-found] # same

ROOT: Final = Path(__file__).parents[1]
UPLOADED: Final = "s3://artefacts/"
"""Where `sam deploy` would have put code. The key is the folder's name, so another folder is another release."""


class NoManagedPolicies:
    """Functions have roles of their own, so the names of AWS's policies are never looked up."""

    def load(self) -> dict[str, str]:
        """Return none."""
        return {}


def translated(template: Path, environment: str) -> dict[str, Any]:
    """Return the template that CloudFormation would deploy for an environment of ``samconfig.toml``."""
    read = yaml_parse(template.read_text(encoding="utf-8"))
    shared = read["Globals"]["Function"]
    shared["CodeUri"] = UPLOADED + shared["CodeUri"]
    for each in read["Resources"].values():
        if each["Type"] == "AWS::Serverless::LayerVersion":
            each["Properties"]["ContentUri"] = UPLOADED + each["Properties"]["ContentUri"]
        if each["Type"] == "AWS::CloudFormation::Stack":
            each["Properties"]["TemplateURL"] = (
                f"https://s3.amazonaws.com/artefacts/{each['Properties']['TemplateURL']}"
            )
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    overrides = dict(each.split("=", 1) for each in config[environment]["deploy"]["parameters"]["parameter_overrides"])
    result: dict[str, Any] = transform(read, overrides, NoManagedPolicies(), passthrough_metadata=True)
    return result


def main() -> None:
    """Write each template as ``FOLDER/NAME-ENVIRONMENT.json``."""
    logging.disable()  # the translator warns of switches that only AWS has
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    folder, environment = Path(sys.argv[1]), sys.argv[2]
    folder.mkdir(parents=True, exist_ok=True)
    for template in map(Path, sys.argv[3:]):
        result = translated(template, environment)
        (folder / f"{template.stem}-{environment}.json").write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

"""template.yaml as it is written: ``!Ref X``, ``!GetAtt X.Arn`` and ``!Sub ${X.Arn}/…`` are the text behind them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]


class _Loader(yaml.SafeLoader):
    """Takes ``.Arn`` and ``.Id`` off as well."""


def _text(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return re.sub(r"\$\{([^}]*?)(\.Arn)?\}", r"\1", node.value).removesuffix(".Arn").removesuffix(".Id")
    return loader.construct_sequence(node) if isinstance(node, yaml.SequenceNode) else None


_Loader.add_multi_constructor("!", _text)


def read(path: Path) -> dict[str, Any]:
    """Return a template, as it is written or as `sam build` writes it (``{"Ref": "X"}``)."""
    loaded: dict[str, Any] = _short(yaml.load(path.read_text(encoding="utf-8"), _Loader))  # noqa: S506 - safe
    return loaded


def _short(value: Any) -> Any:
    match value:
        case {"Ref": str(name), **rest} if not rest:
            return name
        case {"Fn::GetAtt": [name, "Arn" | "Id"], **rest} if not rest:
            return name
        case dict():
            return {name: _short(each) for name, each in value.items()}
        case list():
            return [_short(each) for each in value]
        case _:
            return value


TEMPLATE: Final = read(ROOT / "template.yaml")
RESOURCES: Final[dict[str, Any]] = TEMPLATE["Resources"]
FUNCTIONS: Final = [name for name, each in RESOURCES.items() if each["Type"] == "AWS::Serverless::Function"]

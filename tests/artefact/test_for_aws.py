"""The artefact for AWS: made for its processor and its Python, complete, compiled ahead, and within Lambda's limits."""

from __future__ import annotations

import _imp
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest

from tests.artefact.functions import merged_layers
from tests.builders.template import FUNCTIONS, ROOT, read

pytestmark = pytest.mark.stack

AARCH64: Final = 183
UNZIPPED_LIMIT: Final = 250
ZIPPED_LIMIT: Final = 50
"""Megabytes: what a function may weigh with its layers, and what Lambda takes directly."""
LAYERS: Final = ("DependenciesLayer", "SharedLayer")
OURS: Final = ("sop_core", "sop_aws", "sop_http", "sop_slack", "functions")
UNCHECKED: Final = 1
IMPORT: Final = """
import importlib, json, sys, warnings
warnings.simplefilter("ignore")
sys.path[:0] = json.loads(sys.argv[1])
failed = {}
for name in json.loads(sys.argv[2]):
    try:
        importlib.import_module(name)
    except Exception as error:
        failed[name] = repr(error)
came = {name: str(getattr(module, "__file__", "")) for name, module in sys.modules.items()}
print(json.dumps([failed, came]))
"""


@pytest.fixture(scope="module")
def opt(build_for_aws: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return merged_layers(build_for_aws, tmp_path_factory.mktemp("aws") / "opt")


def runtime(build: Path) -> str:
    return str(read(build / "template.yaml")["Parameters"]["Runtime"]["Default"]).removeprefix("python")


def test_processor(build_for_aws: Path) -> None:
    """Every compiled file is for the processor and the Python that the template asks for."""
    files = list(build_for_aws.rglob("*.so")) + list(build_for_aws.rglob("*.so.*"))
    tag = f"cpython-{runtime(build_for_aws).replace('.', '')}-"

    assert len(files) > 10
    for file in files:
        header = file.read_bytes()[:20]
        assert header[:5] == b"\x7fELF\x02", file
        assert int.from_bytes(header[18:20], "little") == AARCH64, file
        assert ".cpython-" not in file.name or tag in file.name, file


def test_compiled_ahead(build_for_aws: Path) -> None:
    """Every module is there in Lambda's bytecode, made of the source beside it, and trusted without a look at that."""
    if not any(build_for_aws.rglob("*.pyc")):
        pytest.skip("Lambda's Python is not on this machine, so nothing was compiled ahead")
    tag = f"cpython-{runtime(build_for_aws).replace('.', '')}"
    for source in build_for_aws.rglob("*.py"):
        compiled = (source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc").read_bytes()
        assert int.from_bytes(compiled[4:8], "little") == UNCHECKED, source
        assert compiled[8:16] == _imp.source_hash(int.from_bytes(compiled[:4], "little"), source.read_bytes()), source


def test_every_module_is_importable(build: Path, build_for_aws: Path, opt: Path, tmp_path: Path) -> None:
    """All our modules and every package come from this artefact; only what is compiled comes from this machine's."""
    there, here = opt / "python", merged_layers(build, tmp_path / "here") / "python"
    for name in FUNCTIONS:
        shutil.copytree(build_for_aws / name, there, dirs_exist_ok=True)
    compiled = {file.relative_to(there).parts[0] for file in there.rglob("*.so")}
    for name in compiled:
        (there / name).rename(tmp_path / name)
    packages = {file.parent.name for file in there.glob("*/__init__.py")} | {file.stem for file in there.glob("*.py")}
    packages.remove("slack")  # slack_sdk's name of old, which asks for a package that nothing here needs
    ours = {
        ".".join(file.relative_to(there).with_suffix("").parts).removesuffix(".__init__")
        for package in OURS
        for file in (there / package).rglob("*.py")
        if file.stem != "__main__"
    }

    failed, came = _import([str(there), str(here)], sorted(packages | ours))

    assert failed == {}
    assert len(ours) > 100
    assert ours <= {name for name, file in came.items() if file.startswith(str(there))}
    assert {Path(file).relative_to(here).parts[0] for file in came.values() if file.startswith(str(here))} <= compiled


def _import(path: list[str], names: list[str]) -> Any:
    command = [sys.executable, "-I", "-S", "-B", "-c", IMPORT, json.dumps(path), json.dumps(names)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


def test_size(build_for_aws: Path, tmp_path: Path, measured: list[str]) -> None:
    """A function with its layers is within Lambda's limits."""
    sizes = {name: _sizes(build_for_aws / name, tmp_path) for name in (*LAYERS, *FUNCTIONS)}
    for name, (zipped, unzipped) in sizes.items():
        measured.append(f"{name:20} {zipped:5.1f} MB zipped   {unzipped:6.1f} MB unzipped")
        assert zipped < ZIPPED_LIMIT
    layers = sum(sizes[name][1] for name in LAYERS)
    most = layers + max(sizes[name][1] for name in FUNCTIONS)
    measured.append(f"{'at most together':20} {most:.0f} of {UNZIPPED_LIMIT} MB unzipped")
    assert most < UNZIPPED_LIMIT


def _sizes(folder: Path, scratch: Path) -> tuple[float, float]:
    archive = scratch / f"{folder.name}.zip"
    files = [file for file in folder.rglob("*") if file.is_file()]
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as written:
        for file in files:
            written.write(file, file.relative_to(folder))
    return archive.stat().st_size / 1e6, sum(file.stat().st_size for file in files) / 1e6


def test_only_what_is_pinned(opt: Path) -> None:
    """The layers bring the pinned packages in their pinned versions, and no other."""
    locked = (ROOT / "requirements" / "runtime.txt").read_text()
    pins = {f"{_plain(name)}-{version}" for name, version in re.findall(r"^([\w.-]+)==(\S+)", locked, re.MULTILINE)}
    brought = {path.name.removesuffix(".dist-info") for path in (opt / "python").glob("*.dist-info")}

    assert len(brought) > 10
    assert {"-".join((_plain(name), version)) for name, version in (each.rsplit("-", 1) for each in brought)} <= pins


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()

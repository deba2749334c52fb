"""The repository's own template, built and deployed to a local AWS.

Building and deploying take most of a minute, so what they make is kept under the fingerprint of all that went into it.
A run starts from a copy; what a run does with its copy is its own affair.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from infra.local.aws import CREDENTIALS, REGION, LocalAws
from infra.local.processes import LOOPBACK, LocalRunError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT: Final = Path(__file__).parents[2]
LOCAL: Final = ROOT / ".local"
MINISTACK: Final = ROOT / ".tools" / "ministack" / "bin" / "ministack"
SAM: Final = ROOT / ".tools" / "sam" / "bin" / "sam"
STACK: Final = "sop-desk"
RELEASED: Final = "live"
"""The alias of a function that everything calls."""
ARTEFACTS: Final = "sop-desk-artefacts"
INPUTS: Final = (
    "template.yaml",
    "infra/operations.yaml",
    "functions",
    "layers",
    "sop_core",
    "requirements/runtime.txt",
    "requirements/ministack.txt",
    "requirements/sam.txt",
    "infra/build.mk",
    "infra/build.sh",
    "infra/local/aws.py",
    "infra/local/stack.py",
)
SAM_ERROR: Final = "Error: "
KEPT: Final = 3
WARM_SLACK_WORKERS: Final = 2
Target = Literal["local", "aws"]


class Outputs(msgspec.Struct, frozen=True, rename="pascal"):
    """The outputs of the deployed template."""

    api_id: str
    cases_table: str
    transfers_table: str
    settings_table: str
    files_bucket: str
    deliver_queue_url: str
    import_queue_url: str
    publish_queue_url: str
    slack_secret_id: str
    slack_function: str
    deliver_function: str
    import_sheet_function: str
    publish_function: str
    sweep_function: str


class Stack:
    """The deployed template on a running local AWS."""

    def __init__(self, aws: LocalAws, *, is_new: bool) -> None:
        """Read the template's outputs; ``is_new`` tells that nothing but the deployment has happened yet."""
        self.aws = aws
        self.is_new = is_new
        described = aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
        self.outputs = msgspec.convert({o["OutputKey"]: o["OutputValue"] for o in described}, Outputs)

    @property
    def api_url(self) -> str:
        """Where the HTTP API answers, under :attr:`api_host`."""
        return f"{self.aws.endpoint}/slack/events"

    @property
    def api_host(self) -> str:
        """The Host header by which the local AWS knows the HTTP API."""
        return f"{self.outputs.api_id}.execute-api.localhost:{self.aws.port}"

    def put_secrets(self, *, signing_secret: str, bot_token: str) -> None:
        """Put Slack's secrets where the functions look for them."""
        secret = json.dumps({"signing_secret": signing_secret, "bot_token": bot_token})
        self.aws.client("secretsmanager").put_secret_value(SecretId=self.outputs.slack_secret_id, SecretString=secret)

    def point_at_slack(self, api_url: str) -> None:
        """Let every function that calls Slack call ``api_url``; running workers are replaced."""
        functions = self.aws.client("lambda")
        callers = ("slack_function", "deliver_function", "import_sheet_function", "publish_function")
        for name in (getattr(self.outputs, caller) for caller in callers):
            variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            if variables["SLACK_API_URL"] != api_url:
                changed = {**variables, "SLACK_API_URL": api_url}
                functions.update_function_configuration(FunctionName=name, Environment={"Variables": changed})
                version = functions.publish_version(FunctionName=name)["Version"]
                functions.update_alias(FunctionName=name, Name=RELEASED, FunctionVersion=version)

    def warm_up(self) -> None:
        """Call what a click waits for, the slack function for two people at once, so that the first click is honest."""
        calls = [(self.outputs.slack_function, json.dumps(SSL_CHECK))] * WARM_SLACK_WORKERS
        calls += [(self.outputs.deliver_function, json.dumps({"Records": []}))]
        functions = self.aws.client("lambda")
        with ThreadPoolExecutor(len(calls)) as together:
            answers = together.map(
                lambda call: functions.invoke(FunctionName=call[0], Qualifier=RELEASED, Payload=call[1]), calls
            )
            for (name, _), answer in zip(calls, answers, strict=True):
                if "FunctionError" in answer:
                    raise LocalRunError(f"{name} does not start: {answer['Payload'].read().decode()[:500]}")


SSL_CHECK: Final = {
    "version": "2.0",
    "routeKey": "POST /slack/events",
    "rawPath": "/slack/events",
    "rawQueryString": "",
    "headers": {"content-type": "application/x-www-form-urlencoded"},
    "requestContext": {"http": {"method": "POST", "path": "/slack/events"}},
    "body": "ssl_check=1",
    "isBase64Encoded": False,
}
"""Slack's own way of asking whether anybody is there."""


@contextmanager
def open_stack(folder: Path, *, say: Callable[[str], None]) -> Iterator[Stack]:
    """Start a local AWS with the template deployed, on the state in ``folder``.

    State of another build is dropped, for its code is not the one in the tree; so is state that no orderly stop left.
    """
    prints = fingerprint()
    mark = folder / "orderly"
    is_new = not mark.exists() or mark.read_text() != prints
    if is_new:
        _copy(_deployed(say), folder)
    mark.unlink(missing_ok=True)
    say("starting the local AWS")
    aws = LocalAws(folder, MINISTACK)
    try:
        with aws:
            yield Stack(aws, is_new=is_new)
    finally:
        if aws.keep:
            mark.write_text(prints)


def fingerprint() -> str:
    """Return a hash of all that decides what gets deployed."""
    digest = hashlib.sha256(f"{sys.version} {platform.machine()} {platform.system()}".encode())
    for entry in INPUTS:
        for file in sorted(_files(ROOT / entry)):
            digest.update(f"{file.relative_to(ROOT)}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    else:
        yield from (p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def _copy(deployed: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(deployed, folder)


def built(target: Target, say: Callable[[str], None]) -> Path:
    """Return the artefact of the tree as it is (`sam build`), with its template: for this machine or for AWS."""

    def build(folder: Path) -> None:
        _build(target, folder, say)

    return _once(f"builds-{target}", build) / "build"


def _build(target: Target, folder: Path, say: Callable[[str], None]) -> None:
    say("building functions and layers (sam build)")
    _run(
        ["sh", ROOT / "infra" / "build.sh", target, folder / "build"],
        log=folder / "build.log",
        failure="The functions and layers could not be built (is there a network?)",
    )


def _deployed(say: Callable[[str], None]) -> Path:
    """Return the state that a deployment of the tree as it is leaves behind."""

    def deploy(folder: Path) -> None:
        _deploy(built("local", say), folder, say)

    return _once("stacks", deploy)


def _deploy(build: Path, folder: Path, say: Callable[[str], None]) -> None:
    say("deploying template.yaml to the local AWS (sam deploy)")
    with LocalAws(folder, MINISTACK) as aws:
        aws.client("s3").create_bucket(Bucket=ARTEFACTS)
        parameters = f"Environment=local Architecture={_architecture()}"
        command: list[str | Path] = [
            SAM,
            "deploy",
            "--template-file",
            build / "template.yaml",
            "--stack-name",
            STACK,
            "--region",
            REGION,
        ]
        command += ["--s3-bucket", ARTEFACTS, "--capabilities", "CAPABILITY_IAM", "--no-progressbar"]
        command += ["--config-env", "local", "--parameter-overrides", parameters]
        failure = "template.yaml could not be deployed to the local AWS"
        _run(command, log=folder / "deploy.log", failure=failure, AWS_ENDPOINT_URL=aws.endpoint)
        allow_without_tls(aws, Stack(aws, is_new=True).outputs.files_bucket)
        aws.keep = True
    shutil.rmtree(folder / "s3", ignore_errors=True)


def _once(kind: str, make: Callable[[Path], None]) -> Path:
    """Return the folder of the tree as it is that ``make`` filled, by whoever was the first to need it."""
    folder = LOCAL / kind
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / fingerprint()
        if not done.exists():
            making = folder / "making"
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir()
            make(making)
            making.rename(done)
            _forget_old(folder)
        done.touch()
        return done


def allow_without_tls(aws: LocalAws, bucket: str) -> None:
    """Let the bucket and the queues take what comes without TLS: they refuse it, and loopback has none."""
    aws.client("s3").delete_bucket_policy(Bucket=bucket)
    queues = aws.client("sqs")
    for url in queues.list_queues()["QueueUrls"]:
        queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})


def _architecture() -> str:
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


def _run(command: list[str | Path], *, log: Path, failure: str, **environment: str) -> None:
    with log.open("w") as output:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=ROOT,
            env=_with_package_index() | CREDENTIALS | {"SAM_CLI_TELEMETRY": "0"} | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        errors = [line for line in log.read_text().splitlines() if line.startswith(SAM_ERROR)]
        reason = f": {errors[-1].removeprefix(SAM_ERROR)}" if errors else ""
        raise LocalRunError(f"{failure}{reason}; {log} says more.")


def _with_package_index() -> dict[str, str]:
    """Return the person's environment, which may say where packages come from, without their AWS account."""
    return {k: v for k, v in os.environ.items() if not k.startswith("AWS_") or k == "AWS_CA_BUNDLE"} | {
        "NO_PROXY": LOOPBACK
    }


def _forget_old(folder: Path) -> None:
    kept = sorted((p for p in folder.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in kept[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)

"""Jobs that start from a package in the store, with images that hold no code."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from package.packed import archived, write
from step_functions.test_definitions import OPTIONS, compiled
from step_functions.test_on_ecs import options_of
from stored import artifacts
from typer.testing import CliRunner

from flowc.cli.app import app
from flowc.driver import read_flow
from flowc.package.opened import package_key
from flowc.targets.target import AwsCompute, CodePackage

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result
    from step_functions.account import Account

ORIGIN = """\
import flowc
from flowc import FlowSpec, step


class OriginFlow(FlowSpec):
    @step
    def start(self):
        self.places = [flowc.__file__, __file__]
        self.next(self.end)

    @step
    def end(self):
        pass
"""


@pytest.mark.parametrize("compute", [AwsCompute.BATCH, AwsCompute.ECS])
def test_a_task_starts_from_a_package_in_the_store(
    compute: AwsCompute, aws: Account, tmp_path: Path
) -> None:
    archive, sha256 = archived(write(tmp_path / "code", {"flow.py": ORIGIN}))
    reading = read_flow(str(tmp_path / "code" / "flow.py"))
    assert reading.flow
    key = package_key("OriginFlow", sha256)
    aws.s3.create_bucket(Bucket=f"packed-{compute}")
    aws.s3.put_object(Bucket=f"packed-{compute}", Key=f"runs/{key}", Body=archive)
    (tmp_path / "empty").mkdir()
    options = replace(
        OPTIONS,
        image=aws.image(reading.flow, tmp_path / "empty"),
        store=f"s3://packed-{compute}/runs",
        aws=options_of(aws, compute).aws,
        package=CodePackage(key, sha256),
    )

    executed = aws.execute(compiled(reading.flow, options), str(compute))

    assert executed.status == "SUCCEEDED", executed.cause
    aws.download(f"packed-{compute}", tmp_path / "aws")
    found = artifacts(tmp_path / "aws" / "runs", "OriginFlow", f"sfn-{compute}", ("start", "t"))
    own, code = found["places"]
    assert own.endswith(f"/{sha256}/flowc/__init__.py")
    assert code.endswith(f"/{sha256}/code/flow.py")


def test_a_package_is_compiled_with_and_told_where_to_go(tmp_path: Path) -> None:
    archive, sha256 = archived(write(tmp_path, {}))
    (tmp_path / "it.flowc.tar.gz").write_bytes(archive)

    done = _compile(tmp_path, "it.flowc.tar.gz")

    assert done.exit_code == 0, done.stderr
    key = f"SmallFlow/_flowc/packages/{sha256[:16]}.flowc.tar.gz"
    assert f"it.flowc.tar.gz to s3://bucket/flows/{key}\n" in done.stderr
    (definition,) = json.loads(done.stdout)["jobDefinitions"]
    command = definition["containerProperties"]["command"]
    assert command[:2] == ["python", "-c"]
    assert shlex.join(command[3:]) == (
        f"--key {key} --sha256 {sha256} step Ref::step "
        "--run Ref::run --path Ref::path --attempt Ref::attempt"
    )
    # Batch puts the command into the overrides of a task of ECS, which may have 8,192 characters,
    # and the parameters of an execution come to them.
    assert len(json.dumps(command)) < 6000


@pytest.mark.parametrize(
    ("content", "words", "told"),
    [
        (b"no archive", (), "is no package of flowc"),
        (b"", (), "is no package of flowc"),
        (None, (), "cannot read"),
        ("other", (), "was built from another state of the flow; build it again"),
        ("own", ("--target", "argo"), "`--target argo` takes no `--package`"),
    ],
)
def test_what_is_not_the_flows_package_is_refused(
    tmp_path: Path, content: bytes | str | None, words: tuple[str, ...], told: str
) -> None:
    own, _ = archived(write(tmp_path, {}))
    other, _ = archived(write(tmp_path / "other", {"flow.py": ORIGIN}))
    if content is not None:
        archive = {"own": own, "other": other}.get(str(content), content)
        assert isinstance(archive, bytes)
        (tmp_path / "it.flowc.tar.gz").write_bytes(archive)

    done = _compile(tmp_path, "it.flowc.tar.gz", *words)

    assert done.exit_code != 0
    assert told in str(done.exception or done.stderr)


def _compile(folder: Path, package: str, *words: str) -> Result:
    options = ("--datastore-root", "s3://bucket/flows/", "--image", "i", "--job-queue", "q")
    target = words or ("--target", "step-functions")
    return CliRunner().invoke(
        app,
        ["compile", str(folder / "flow.py"), *options, *target, "--package", str(folder / package)],
    )

"""Steps as jobs of AWS Batch, submitted by a real Airflow to an AWS of this machine."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from airflow import dag_runs
from airflow.compiled import place, typed
from airflow.installed import VERSIONS, engines_only, install
from airflow.scheduler import running
from fixture_flows import FLOWS, everything, given, keeps_promises, read, run_locally
from package.packed import archived, write
from step_functions.account import QUEUE, account
from stored import artifacts

from flowc.driver import read_flow
from flowc.package.opened import package_key
from flowc.targets.target import AirflowCompute, AirflowOptions, AwsOptions, CodePackage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from airflow.compiled import Placed
    from airflow.dag_runs import Tester
    from airflow.installed import Airflow
    from airflow.scheduler import Ended, Live
    from step_functions.account import Account

BATCH = AirflowOptions(AirflowCompute.BATCH)

ORIGIN = """
from flowc import FlowSpec, step


class OriginFlow(FlowSpec):
    @step
    def start(self):
        self.place = __file__
        self.next(self.end)

    @step
    def end(self):
        pass
"""

# A job whose flow is not in its image can only fail again.
FAILING = """
from flowc import FlowSpec, batch, retry, step


class FailingFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.fit, self.lost)

    @retry(times=1, minutes_between_retries=0)
    @step
    def fit(self):
        int("never fits")
        self.next(self.join)

    @retry(times=1, minutes_between_retries=0)
    @batch(image="empty")
    @step
    def lost(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with (
        account(tmp_path_factory.mktemp("aws")) as found,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, text in found.environment.items():
            patch.setenv(name, text)
        yield found


@pytest.fixture(scope="module", params=VERSIONS)
def tester(
    request: pytest.FixtureRequest, aws: Account, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tester]:
    """An Airflow whose AWS is that one."""
    airflow = install(request.param, tmp_path_factory.mktemp("airflow"))
    with dag_runs.testing(airflow) as started:
        assert aws.environment
        yield started


@pytest.fixture(params=VERSIONS)
def live(
    request: pytest.FixtureRequest, aws: Account, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """The same at work."""
    engines_only()
    airflow = install(request.param, tmp_path_factory.mktemp("live"))
    with running(airflow) as started:
        assert aws.environment
        yield started


def placed(
    source: Path, aws: Account, airflow: Airflow, bucket: str, package: CodePackage | None = None
) -> Placed:
    """A flow whose jobs have an image with it, and a new bucket for a store."""
    aws.s3.create_bucket(Bucket=bucket)
    reading = read_flow(str(source / "flow.py"))
    assert reading.flow
    chosen = {"image": aws.image(reading.flow, source), "aws": AwsOptions(job_queue=QUEUE)}
    for folder in airflow.dags.iterdir():
        shutil.rmtree(folder)
    return place(
        source, airflow.dags, f"s3://{bucket}/runs", airflow=BATCH, package=package, **chosen
    )


def left_by(deployed: Placed, ended: Ended, aws: Account, folder: Path) -> Mapping[str, object]:
    """What a run has left in its bucket."""
    aws.download(deployed.store.parts[1], folder)
    return everything(folder / "runs", deployed.flow, deployed.run_id(ended))


@pytest.mark.parametrize("name", ["train", "switch_in_foreach", "self_loop"])
def test_fixtures_run_as_locally(name: str, aws: Account, tester: Tester, tmp_path: Path) -> None:
    flow, bucket = read(name), f"{name}-{tester.airflow.version}".replace("_", "-")
    deployed = placed(FLOWS / name, aws, tester.airflow, bucket)

    ended = deployed.run(tester, typed(flow, given(name, flow)))

    assert ended.state == "success", tester.log()
    found = left_by(deployed, ended, aws, tmp_path / "aws")
    assert found == run_locally(name, flow, tmp_path / "local")
    assert keeps_promises(name, flow, found)


def test_loops_run_as_locally(aws: Account, live: Live, tmp_path: Path) -> None:
    version = live.airflow.version
    deployed = placed(FLOWS / "nested_loop", aws, live.airflow, f"nested-loop-{version}")

    ended = deployed.run_live(live)

    assert ended.state == "success", live.logs()
    found = left_by(deployed, ended, aws, tmp_path / "aws")
    assert found == run_locally("nested_loop", deployed.flow, tmp_path / "local")


def test_jobs_fetch_their_code(aws: Account, tester: Tester, tmp_path: Path) -> None:
    archive, sha256 = archived(write(tmp_path / "code", {"flow.py": ORIGIN}))
    bucket, key = f"packed-{tester.airflow.version}", package_key("OriginFlow", sha256)
    deployed = placed(tmp_path / "code", aws, tester.airflow, bucket, CodePackage(key, sha256))
    (aws.image_folder / "originflow" / "source" / "flow.py").unlink()
    aws.s3.put_object(Bucket=bucket, Key=f"runs/{key}", Body=archive)

    ended = deployed.run(tester)

    assert ended.state == "success", tester.log()
    aws.download(bucket, tmp_path / "aws")
    run = (tmp_path / "aws" / "runs", "OriginFlow", deployed.run_id(ended))
    assert artifacts(*run, ("end", "t"))["place"].endswith(f"/{sha256}/code/flow.py")


def test_a_job_that_would_only_fail_again_is_not_submitted_again(
    aws: Account, tester: Tester, tmp_path: Path
) -> None:
    source = tmp_path / "failing"
    source.mkdir()
    (source / "flow.py").write_text(FAILING)
    deployed = placed(source, aws, tester.airflow, f"failing-{tester.airflow.version}")
    (aws.image_folder / "empty" / "plan.json").write_text("{")

    ended = deployed.run(tester)

    assert ended.state == "failed"
    assert "invalid literal for int()" in tester.log()
    tries = {each.task: (each.state, each.tries) for each in ended.tasks}
    assert tries["fit"] == ("failed", 2)
    assert tries["lost"] == ("failed", 1)
    assert tries["join"] == ("upstream_failed", 0)

"""Steps as containers of a real Docker Engine, started by a real Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from airflow import dag_runs
from airflow.compiled import place_alone, typed
from airflow.docker_engine import Engine, base_image, running
from airflow.installed import VERSIONS, install
from fixture_flows import FLOWS, everything, given, keeps_promises, read, run_locally

from flowc.targets.target import AirflowCompute, AirflowOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow.compiled import Placed
    from airflow.dag_runs import Tester

# The machine's network is what an engine has that is given none of its own.
DOCKER = AirflowOptions(AirflowCompute.DOCKER, network="host")

# The image of `lost` has no flow in it.
FAILING = """
from flowc import FlowSpec, kubernetes, retry, step


class FailingFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.fit, self.lost)

    @retry(times=2, minutes_between_retries=0)
    @step
    def fit(self):
        int("never fits")
        self.next(self.join)

    @retry(times=2, minutes_between_retries=0)
    @kubernetes(image="flowc-tests")
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
def engine() -> Iterator[Engine]:
    with running() as started, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", started.host)
        yield started


@pytest.fixture(scope="module", params=VERSIONS)
def tester(
    request: pytest.FixtureRequest, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tester]:
    """An Airflow whose containers are that engine's."""
    airflow = install(request.param, tmp_path_factory.mktemp("airflow"))
    with dag_runs.testing(airflow) as started:
        assert engine.answers()
        yield started


@pytest.fixture(scope="module")
def image(engine: Engine) -> str:
    return base_image(engine)


def placed(source: Path, engine: Engine, image: str, tester: Tester, store: Path) -> Placed:
    """A flow whose containers have the store where this machine has it."""
    store.mkdir()
    own = engine.image_of(source, image)
    return place_alone(source, tester, store, airflow=DOCKER, image=own)


@pytest.mark.parametrize("name", ["train", "self_loop"])
def test_fixtures_run_as_locally(
    name: str, engine: Engine, image: str, tester: Tester, tmp_path: Path
) -> None:
    flow = read(name)
    deployed = placed(FLOWS / name, engine, image, tester, tmp_path / "store")

    ended = deployed.run(tester, typed(flow, given(name, flow)))

    assert ended.state == "success", tester.log()
    found = everything(deployed.store, flow, deployed.run_id(ended))
    assert found == run_locally(name, flow, tmp_path / "local")
    assert keeps_promises(name, flow, found)
    assert engine("ps", "--all", "--quiet") == ""


def test_a_container_that_would_only_fail_again_is_not_started_again(
    engine: Engine, image: str, tester: Tester, tmp_path: Path
) -> None:
    source = tmp_path / "failing"
    source.mkdir()
    (source / "flow.py").write_text(FAILING)
    deployed = placed(source, engine, image, tester, tmp_path / "store")

    ended = deployed.run(tester)

    assert ended.state == "failed"
    tries = {each.task: (each.state, each.tries) for each in ended.tasks}
    assert tries["fit"] == ("failed", 3)
    assert tries["lost"] == ("failed", 1)
    assert tries["join"] == ("upstream_failed", 0)

"""Pods that a real Airflow starts, whether or not a worker waits for them.

The cluster is one of this machine, with a process for each pod.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from airflow import dag_runs
from airflow.cluster import Cluster, running
from airflow.compiled import place_alone, typed
from airflow.installed import VERSIONS, install
from fixture_flows import FLOWS, everything, given, keeps_promises, read, run_locally

from flowc.targets.target import AirflowCompute, AirflowOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow.compiled import Placed
    from airflow.dag_runs import Tester

WAITED_FOR = AirflowOptions(AirflowCompute.KUBERNETES)
DEFERRED = AirflowOptions(AirflowCompute.KUBERNETES, deferrable=True)

# There is no flow in the folder that is the image of `lost`.
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
    @kubernetes(image="/")
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
def cluster() -> Iterator[Cluster]:
    with running() as started, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(started.kubeconfig()))
        yield started


@pytest.fixture(scope="module", params=VERSIONS)
def tester(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tester]:
    """An Airflow whose cluster that is."""
    airflow = install(request.param, tmp_path_factory.mktemp("airflow"))
    with dag_runs.testing(airflow) as started:
        assert cluster.pods == {}
        yield started


def placed(source: Path, tester: Tester, store: Path, airflow: AirflowOptions) -> Placed:
    return place_alone(source, tester, store, airflow=airflow, image=str(source))


@pytest.mark.parametrize(
    ("name", "airflow"),
    [
        ("train", WAITED_FOR),
        ("train", DEFERRED),
        ("switch_in_foreach", WAITED_FOR),
        ("self_loop", DEFERRED),
    ],
)
def test_fixtures_run_as_locally(
    name: str, airflow: AirflowOptions, tester: Tester, cluster: Cluster, tmp_path: Path
) -> None:
    flow = read(name)
    deployed = placed(FLOWS / name, tester, tmp_path / "store", airflow)

    ended = deployed.run(tester, typed(flow, given(name, flow)))

    assert ended.state == "success", tester.log()
    found = everything(deployed.store, flow, deployed.run_id(ended))
    assert found == run_locally(name, flow, tmp_path / "local")
    assert keeps_promises(name, flow, found)
    assert cluster.pods == {}


@pytest.mark.parametrize("airflow", [WAITED_FOR, DEFERRED])
def test_a_pod_that_would_only_fail_again_is_not_started_again(
    airflow: AirflowOptions, tester: Tester, cluster: Cluster, tmp_path: Path
) -> None:
    source = tmp_path / "failing"
    source.mkdir()
    (source / "flow.py").write_text(FAILING)
    deployed = placed(source, tester, tmp_path / "store", airflow)

    ended = deployed.run(tester)

    assert ended.state == "failed"
    tries = {each.task: (each.state, each.tries) for each in ended.tasks}
    assert tries["fit"] == ("failed", 3)
    assert tries["lost"] == ("failed", 1)
    assert tries["join"] == ("upstream_failed", 0)
    # Whoever wonders why finds them.
    left = [pod.document["metadata"]["labels"]["task_id"] for pod in cluster.pods.values()]
    assert sorted(left) == ["fit", "fit", "fit", "lost"]
    cluster.pods.clear()


HOOKED = """
from pathlib import Path

from flowc import FlowSpec, exit_hook, step


def tell():
    Path("told").write_text("all is well")


@exit_hook(on_success=[tell], on_error=[tell])
class HookedFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_hooks_are_pods_too(tester: Tester, cluster: Cluster, tmp_path: Path) -> None:
    source = tmp_path / "hooked"
    source.mkdir()
    (source / "flow.py").write_text(HOOKED)
    deployed = placed(source, tester, tmp_path / "store", DEFERRED)
    before = len(cluster.created)

    ended = deployed.run(tester)

    assert ended.state == "success", tester.log()
    assert (source / "told").read_text() == "all is well"
    words = [pod["spec"]["containers"][0]["args"] for pod in cluster.created[before:]]
    assert words == [["step", "start"], ["step", "end"], ["step", "hook-success-0"]]

"""An Airflow as an engine: what a deploy does there, and what becomes of one that is cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3
from airflow_deploy.documents import document, text
from airflow_deploy.stand_in import Airflow, Fault
from deploy.memory import NOTHING, Clock, CountedLedger, CutOffError

from flowc.deploy.access import Access
from flowc.deploy.airflow import http
from flowc.deploy.airflow.deployment import connect
from flowc.deploy.airflow.versions import versions
from flowc.deploy.carry_out import Deploying
from flowc.deploy.engine import Engine
from flowc.deploy.ledger import Ledger
from flowc.deploy.plan import Allowed, Plan, make_plan
from flowc.deploy.resources import Key, Live, Resource
from flowc.deploy.rollback import roll_back
from flowc.errors import EngineError

NAME = "TrainFlow"
FILE = f"{NAME}.py"
LOOP = f"{NAME}.refine"
ONE = document(NAME)
TWO = document(NAME, LOOP, more="x = 2\n")


@dataclass
class CountedEngine:
    """An engine whose calls can be cut off."""

    engine: Engine
    clock: Clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def read(self, keys: Iterable[Key]) -> Mapping[Key, Live]:
        return self._counted(lambda: self.engine.read(keys))

    def create(self, resource: Resource) -> None:
        self._counted(lambda: self.engine.create(resource))

    def update(self, resource: Resource, live: Live) -> None:
        self._counted(lambda: self.engine.update(resource, live))

    def delete(self, key: Key) -> None:
        self._counted(lambda: self.engine.delete(key))

    def _counted(self, call: Callable[[], Any]) -> Any:
        self.clock.tick(done=False)
        found = call()
        self.clock.tick(done=True)
        return found


@dataclass
class Deployer:
    """Deploys documents as the command does."""

    airflow: Airflow
    store: Path
    has_server: bool = True
    seconds: float = 5
    told: list[str] = field(default_factory=list)

    def access(self, *, is_paused: bool | None = None) -> Access:
        return Access(
            flow=NAME,
            store=str(self.store),
            dags=str(self.airflow.folder),
            airflow_url=self.airflow.url if self.has_server else "",
            is_paused=is_paused,
            seconds=self.seconds,
            tell=self.told.append,
        )

    def __call__(
        self,
        wanted: Mapping[str, Any],
        allowed: Allowed = NOTHING,
        *,
        clock: Clock | None = None,
        is_paused: bool | None = None,
    ) -> Plan:
        clock = clock or Clock()
        engine: Any = CountedEngine(connect(wanted, self.access(is_paused=is_paused)), clock)
        engine.check()
        assert engine.validate() == []
        plan = make_plan(engine, self.ledger(clock), allowed)
        deploying = Deploying(plan, engine, self.ledger(clock), pause=lambda _: None)
        if plan.is_empty:
            deploying.catch_up()
        elif not plan.refused:
            list(deploying.carry_out())
        return plan

    def ledger(self, clock: Clock | None = None) -> Ledger:
        return CountedLedger(str(self.store), NAME, "airflow", NAME, clock or Clock())

    @property
    def text(self) -> str:
        return (self.airflow.folder / FILE).read_text()


@pytest.fixture
def deploy(airflow: Airflow, tmp_path: Path) -> Deployer:
    return Deployer(airflow, tmp_path / "store")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is lost stays lost."""
    monkeypatch.setattr(http, "retries", lambda: urllib3.Retry(0, raise_on_status=False))


def from_request(at: int, is_heard: bool) -> Callable[[int, bool], bool]:  # noqa: FBT001
    """Whether a request is not answered: from that one on."""
    return lambda number, heard: number >= at and heard == is_heard


def actions(plan: Plan) -> dict[str, str]:
    return {str(item.key).split(" in ")[0]: str(item.action) for item in plan.items}


def version(wanted: Mapping[str, Any]) -> str:
    engine = connect(wanted, Access(dags="/nowhere"))
    return next(each.key.name for each in engine.resources if each.key.kind == "version")


def assert_complete(deploy: Deployer, wanted: Mapping[str, Any]) -> None:
    """All is there, and goes on, and is on record."""
    assert deploy.text == wanted["dagFile"]["text"]
    assert [path.name for path in deploy.airflow.folder.iterdir()] == [FILE]
    for dag in wanted["dags"]:
        assert deploy.airflow.paused[dag["id"]] is False
    record = deploy.ledger().read()
    assert record.is_whole
    kept = versions(NAME, deploy.access()).list()
    assert [each.version for each in kept if each.is_live] == [version(wanted)]


def test_a_first_deploy_makes_all_and_a_second_nothing(deploy: Deployer) -> None:
    assert actions(deploy(TWO)) == {
        f"version {version(TWO)}": "create",
        f"DAG file {FILE}": "create",
        f"DAG {NAME}": "create",
        f"DAG {LOOP}": "create",
    }
    assert_complete(deploy, TWO)

    assert set(actions(deploy(TWO)).values()) == {"unchanged"}


def test_a_change_is_read_before_it_is_done(deploy: Deployer) -> None:
    deploy(ONE)

    assert actions(deploy(TWO)) == {
        f"version {version(TWO)}": "create",
        f"DAG file {FILE}": "update",
        f"DAG {NAME}": "update",
        f"DAG {LOOP}": "create",
        f"version {version(ONE)}": "keep",
    }
    assert_complete(deploy, TWO)


def test_without_a_server_the_file_is_put_and_that_is_said(deploy: Deployer) -> None:
    deploy.has_server = False

    assert actions(deploy(ONE)) == {
        f"version {version(ONE)}": "create",
        f"DAG file {FILE}": "create",
    }
    assert "nothing is asked of Airflow" in deploy.told[0]
    assert deploy.airflow.requests == []


def test_an_operator_who_pauses_a_dag_is_heeded(deploy: Deployer) -> None:
    deploy(TWO)
    deploy.airflow.paused = {NAME: True, LOOP: True}

    assert not deploy(ONE).refused
    assert deploy.airflow.paused[NAME] is True
    assert not deploy(TWO).refused
    assert deploy.airflow.paused == {NAME: True, LOOP: False}

    deploy(TWO, is_paused=False)
    assert deploy.airflow.paused[NAME] is False
    deploy(TWO, is_paused=True)
    assert deploy.airflow.paused == {NAME: True, LOOP: False}


def test_a_new_dag_stays_paused_if_that_is_asked_for(deploy: Deployer) -> None:
    deploy(TWO, is_paused=True)

    assert deploy.airflow.paused == {NAME: True, LOOP: False}
    assert deploy(TWO).is_empty


def test_what_somebody_has_edited_is_not_undone_unasked(deploy: Deployer) -> None:
    deploy(ONE)
    (deploy.airflow.folder / FILE).write_text(f"{deploy.text}# by hand\n")

    plan = deploy(TWO)
    assert [str(item.key.kind) for item in plan.refused] == ["DAG file", "DAG"]
    assert deploy.text.endswith("# by hand\n")

    deploy(TWO, Allowed(force=True))
    assert_complete(deploy, TWO)


def test_what_somebody_has_deleted_is_not_made_unasked(deploy: Deployer) -> None:
    deploy(ONE)
    (deploy.airflow.folder / FILE).unlink()

    assert [item.key.kind for item in deploy(ONE).refused] == ["DAG file", "DAG"]
    deploy(ONE, Allowed(force=True))
    assert_complete(deploy, ONE)


@pytest.mark.parametrize("theirs", ["STORE = 's3://theirs'\n", "", "'TrainFlow, as flowc'\n"])
def test_a_file_of_somebody_else_is_not_taken_unasked(deploy: Deployer, theirs: str) -> None:
    (deploy.airflow.folder / FILE).write_text(theirs or "\n")

    assert [item.key.kind for item in deploy(ONE).refused] == ["DAG file"]
    assert deploy.text == (theirs or "\n")
    deploy(ONE, Allowed(adopt=True))
    assert_complete(deploy, ONE)


def test_a_dag_that_another_file_has_is_an_error(deploy: Deployer) -> None:
    (deploy.airflow.folder / "theirs.py").write_text(f'DAG(dag_id="{NAME}")\n')

    (problem,) = connect(ONE, deploy.access()).validate()

    assert problem.startswith(f"the DAG {NAME} is in {deploy.airflow.folder}/theirs.py, too")


def test_the_file_of_a_deployment_moves_with_it(deploy: Deployer, tmp_path: Path) -> None:
    deploy.has_server = False
    deploy(ONE)
    before, deploy.airflow.folder = deploy.airflow.folder, tmp_path / "other"
    deploy.airflow.folder.mkdir()

    assert actions(deploy(ONE)) == {
        f"version {version(ONE)}": "unchanged",
        f"DAG file {FILE}": "delete",
    }
    assert list(before.iterdir()) == []
    assert deploy.text == text(NAME)


def test_a_file_that_is_called_otherwise_now_is_deleted(deploy: Deployer) -> None:
    deploy.has_server = False
    old = {**ONE, "dagFile": {"name": "old_name.py", "text": text(NAME)}}
    deploy(old)

    deploy(ONE)

    assert [path.name for path in deploy.airflow.folder.iterdir()] == [FILE]


def test_a_file_that_cannot_be_imported_is_told_with_its_last_lines(deploy: Deployer) -> None:
    deploy.airflow.broken = f"/opt/airflow/dags/{FILE}"

    with pytest.raises(EngineError, match=r"cannot import /opt/airflow/dags/TrainFlow\.py:\n.*\n"):
        deploy(ONE)

    deploy.airflow.broken = ""
    deploy(ONE)
    assert_complete(deploy, ONE)


def test_other_files_may_be_broken(deploy: Deployer) -> None:
    deploy.airflow.broken = "/opt/airflow/dags/NoTrainFlow.py"
    deploy.seconds = 0
    with pytest.raises(EngineError, match="has not read this version"):
        deploy(ONE)


def test_a_dag_that_never_appears_is_told_with_what_to_look_at(deploy: Deployer) -> None:
    deploy.airflow.is_reading = False
    deploy.seconds = 0.5

    with pytest.raises(EngineError) as told:
        deploy(ONE)

    for word in ("--dags", "refresh_interval", "DAG processor", "list-import-errors", "--timeout"):
        assert word in str(told.value)


def test_who_may_not_read_the_file_is_told_so(deploy: Deployer) -> None:
    deploy.airflow.is_hiding = True

    with pytest.raises(EngineError, match="hides the source of the DAG TrainFlow: whoever asks"):
        deploy(ONE)


def test_a_version_comes_back(deploy: Deployer) -> None:
    deploy(TWO)
    deploy(ONE)
    deploy.airflow.paused[NAME] = True
    known = versions(NAME, deploy.access())

    assert roll_back(known, deploy.ledger()).version == version(TWO)

    assert deploy.text == TWO["dagFile"]["text"]
    assert deploy.airflow.paused == {NAME: True, LOOP: False}
    assert not deploy(ONE).refused, "nobody else has changed anything"
    assert deploy.text == ONE["dagFile"]["text"]


def test_a_version_that_nobody_kept_is_refused(deploy: Deployer) -> None:
    deploy(ONE)

    with pytest.raises(EngineError, match="no version 0123"):
        roll_back(versions(NAME, deploy.access()), deploy.ledger(), "0123")


def test_pruning_leaves_what_is_live(deploy: Deployer) -> None:
    deploy(TWO)
    deploy(ONE, Allowed(prune=True))

    assert [each.version for each in versions(NAME, deploy.access()).list()] == [version(ONE)]


def test_a_kept_file_that_is_damaged_is_kept_again(deploy: Deployer) -> None:
    deploy(ONE)
    (kept,) = (deploy.store / NAME / "_flowc/deployments/airflow" / NAME).iterdir()
    kept.write_text("{")

    assert versions(NAME, deploy.access()).list() == []
    deploy(ONE, Allowed(force=True))
    assert [each.version for each in versions(NAME, deploy.access()).list()] == [version(ONE)]


@pytest.mark.parametrize("before", [None, ONE])
@pytest.mark.parametrize("after", [False, True])
def test_each_call_may_be_the_last_one(
    deploy: Deployer, tmp_path: Path, before: Mapping[str, Any] | None, *, after: bool
) -> None:
    at = 0
    is_cut_off = True
    while is_cut_off:
        at += 1
        deploy.airflow.paused.clear()
        deploy.store = tmp_path / str(at)
        for file in deploy.airflow.folder.iterdir():
            file.unlink()
        if before:
            deploy(before)
        try:
            deploy(TWO, clock=Clock(at, after=after))
            is_cut_off = False
        except CutOffError:
            assert not deploy(TWO).refused

        assert_complete(deploy, TWO)
    assert at > 8


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("is_heard", [False, True])
def test_the_server_may_go_away_at_each_request(
    deploy: Deployer, tmp_path: Path, *, is_heard: bool
) -> None:
    at = 0
    is_cut_off = True
    while is_cut_off:
        at += 1
        deploy.airflow.paused.clear()
        deploy.airflow.requests.clear()
        deploy.store = tmp_path / str(at)
        for file in deploy.airflow.folder.iterdir():
            file.unlink()
        deploy.airflow.fault = from_request(at, is_heard)
        try:
            deploy(TWO)
            is_cut_off = False
        except EngineError:
            deploy.airflow.fault = lambda _number, _heard: False
            assert not deploy(TWO).refused

        assert_complete(deploy, TWO)
    assert at > 12


@pytest.mark.parametrize(
    "fault", [None, (429, {"Retry-After": "0"}, b""), (503, {"Retry-After": "0"}, b"busy")]
)
@pytest.mark.parametrize("is_heard", [False, True])
def test_what_is_lost_or_too_early_is_asked_again(
    deploy: Deployer, fault: Fault, *, is_heard: bool
) -> None:
    deploy.airflow.fault = lambda number, heard: (
        fault if number % 3 == 0 and heard == is_heard else False
    )
    deploy(TWO)

    deploy.airflow.fault = lambda _number, _heard: False
    assert_complete(deploy, TWO)


def test_links_lead_to_the_flow(deploy: Deployer) -> None:
    links: Sequence[str] = connect(TWO, deploy.access()).links()

    assert links == [f"{deploy.airflow.url}/dags/{NAME}/grid"]

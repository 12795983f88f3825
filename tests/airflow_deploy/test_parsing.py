"""How long a deploy waits for Airflow to read its file, and what it takes for an answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from airflow_deploy.documents import text
from airflow_deploy.stand_in import Airflow

from flowc.deploy.access import Access
from flowc.deploy.airflow.dag_text import plan_of, version_of
from flowc.deploy.airflow.parsing import Waiting
from flowc.deploy.airflow.server import Server
from flowc.deploy.airflow.values import Dag, ImportFailure
from flowc.errors import EngineError

NAME = "TrainFlow"
FILE = f"{NAME}.py"
BROKEN = f"/opt/airflow/dags/{FILE}"
NEW = text(NAME)
LOOP = f"{NAME}.check"
PLANNED = text(NAME, LOOP).replace('later.\n"""', 'later.\n\nPlan: new\n"""')


@pytest.fixture
def waiting(airflow: Airflow) -> Callable[..., Waiting]:
    """Begins to wait for the new version of a file, as a deploy does before it puts it."""

    def begun(seconds: float = 30, new: str = NEW) -> Waiting:
        access = Access(airflow_url=airflow.url, seconds=seconds)
        return Waiting(Server(airflow.url), access, FILE, version_of(new), lambda _: None)

    return begun


def put(airflow: Airflow, content: str = NEW) -> None:
    (airflow.folder / FILE).write_text(content)


def test_the_mend_of_a_broken_file_is_waited_for_while_airflow_reads_the_old_one(
    airflow: Airflow, waiting: Callable[..., Waiting]
) -> None:
    airflow.broken = BROKEN
    airflow.trace = "<flow.Step object at 0x1>\nE: x"
    begun = waiting()
    put(airflow)
    airflow.trace = "<flow.Step object at 0x2>\nE: x"
    airflow.mended_at = len(airflow.requests) + 9

    assert begun.for_dag(NAME).id == NAME


def test_a_mend_that_fails_otherwise_is_told_at_once(
    airflow: Airflow, waiting: Callable[..., Waiting]
) -> None:
    airflow.broken = BROKEN
    begun = waiting(seconds=600)
    airflow.trace = "Traceback\n  line\nE: y"

    with pytest.raises(EngineError, match="E: y"):
        begun.for_dag(NAME)


def test_a_mend_that_fails_alike_is_told_at_last(
    airflow: Airflow, waiting: Callable[..., Waiting]
) -> None:
    airflow.broken = BROKEN

    with pytest.raises(EngineError, match="cannot import"):
        waiting(seconds=0).for_dag(NAME)


def test_where_a_file_is_known_others_of_its_name_may_be_broken(
    airflow: Airflow, waiting: Callable[..., Waiting]
) -> None:
    put(airflow, text(NAME, more="x = 1\n"))
    Server(airflow.url).dag(NAME)
    begun = waiting(seconds=0)
    airflow.broken = f"/opt/airflow/theirs/{FILE}"

    with pytest.raises(EngineError, match="has not read this version"):
        begun.for_dag(NAME)


def test_a_failure_is_of_a_file_in_a_bundle() -> None:
    dag = Dag("d", "/tmp/ours/a/x.py", "", False, frozenset(), "ours", "a/x.py")

    assert ImportFailure("a/x.py", "", "ours").is_of(dag)
    assert not ImportFailure("a/x.py", "", "theirs").is_of(dag)
    assert not ImportFailure("b/x.py", "", "ours").is_of(dag)


def test_a_file_is_not_in_use_before_runs_are_of_its_plan(
    airflow: Airflow, waiting: Callable[..., Waiting]
) -> None:
    airflow.doc = "TrainFlow\n\n    Plan: old\n"
    begun = waiting(seconds=0, new=PLANNED)
    put(airflow, PLANNED)

    with pytest.raises(EngineError, match="has not read this version"):
        begun.for_dag(NAME)
    airflow.doc = "TrainFlow\n\n    Plan: new\n"
    assert begun.for_dag(NAME).id == NAME
    # The DAG of a loop does not say which plan it is of.
    assert begun.for_dag(LOOP).id == LOOP


def test_the_plan_of_a_file_is_what_it_says_last() -> None:
    assert plan_of("Plan: mine\n\nPlan: 0123\n") == "0123"
    assert plan_of("Plan: mine or yours") == ""

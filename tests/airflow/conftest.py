"""Airflows for tests: each starts once, when the first test asks for it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from airflow.dag_runs import Tester, testing
from airflow.installed import VERSIONS, engines_only, install
from airflow.scheduler import Live, running

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping


@pytest.fixture(scope="session")
def testers() -> Iterator[tuple[ExitStack, MutableMapping[str, Tester]]]:
    """Those that have started, by version; they rest while others are asked."""
    with ExitStack() as stack:
        yield stack, {}


@pytest.fixture(scope="module", params=VERSIONS)
def tester(
    request: pytest.FixtureRequest,
    testers: tuple[ExitStack, MutableMapping[str, Tester]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Tester:
    """An Airflow that runs DAGs by `dag.test()`."""
    stack, started = testers
    if request.param not in started:
        airflow = install(request.param, tmp_path_factory.mktemp("airflow"))
        started[request.param] = stack.enter_context(testing(airflow))
    return started[request.param]


@pytest.fixture(scope="session", params=VERSIONS)
def live(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """An Airflow at work; only one at a time."""
    engines_only()
    airflow = install(request.param, tmp_path_factory.mktemp("live"))
    with running(airflow) as started:
        yield started

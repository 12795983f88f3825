"""Flows whose steps name packages, as `flowc run` runs them. The packages are real."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flowc.local.events import TaskLine

if TYPE_CHECKING:
    from local.conftest import Lab

MAKING = "gets an environment of its own"


@pytest.fixture(autouse=True)
def environments(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = lab.folder / "environments"
    monkeypatch.setenv("FLOWC_ENVIRONMENTS", str(folder))
    return folder


def test_each_step_has_its_packages(lab: Lab) -> None:
    result = lab.run(
        """
        from flowc import pypi, pypi_base

        def version():
            import six
            return six.__version__

        @pypi_base(packages={"six": "1.16.0"})
        class TestFlow(FlowSpec):
            @step
            def start(self):
                self.of_flow = version()
                self.next(self.fit)

            @pypi(packages={"six": "1.15.0"})
            @step
            def fit(self):
                self.of_step = version()
                self.next(self.end)

            @pypi(disabled=True)
            @step
            def end(self):
                self.here = sys.prefix == sys.base_prefix or "environments" not in sys.prefix
        """
    )
    artifacts = lab.artifacts(result)

    assert not result.failures, lab.told(TaskLine)
    assert (artifacts["of_flow"], artifacts["of_step"]) == ("1.16.0", "1.15.0")
    assert artifacts["here"] is True


def test_the_tasks_of_a_foreach_share_an_environment(lab: Lab, environments: Path) -> None:
    result = lab.run(
        """
        from flowc import pypi

        class TestFlow(FlowSpec):
            @step
            def start(self):
                self.xs = list(range(8))
                self.next(self.fit, foreach="xs")

            @pypi(packages={"six": "1.16.0"})
            @step
            def fit(self):
                import six
                self.seen = six.__version__, sys.prefix
                self.next(self.join)

            @step
            def join(self, inputs):
                self.seen = {each.seen for each in inputs}
                self.next(self.end)

            @step
            def end(self):
                pass
        """
    )
    (seen,) = lab.artifacts(result)["seen"]  # type: ignore[misc]

    assert seen[0] == "1.16.0"
    assert Path(seen[1]).parent == environments
    assert sum(MAKING in event.text for event in lab.told(TaskLine)) == 1


def test_a_package_that_is_nowhere_fails_at_the_first_attempt(lab: Lab) -> None:
    result = lab.run(
        """
        from flowc import pypi

        class TestFlow(FlowSpec):
            @retry(times=2, minutes_between_retries=0)
            @pypi(packages={"six": "9.9.9"})
            @step
            def start(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """
    )
    told = [event.text for event in lab.told(TaskLine)]

    assert result.failures
    assert sum(MAKING in line for line in told) == 1
    assert "six==9.9.9" in told[-1]


def test_a_gang_meets_in_its_environment(lab: Lab) -> None:
    result = lab.run(
        """
        from flowc import pypi

        class TestFlow(FlowSpec):
            @step
            def start(self):
                self.next(self.train, num_parallel=2)

            @pypi(packages={"six": "1.16.0"})
            @parallel
            @step
            def train(self):
                import six
                self.seen = current.parallel.node_index, six.__version__
                self.next(self.join)

            @step
            def join(self, inputs):
                self.seen = sorted(each.seen for each in inputs)
                self.next(self.end)

            @step
            def end(self):
                pass
        """
    )

    assert lab.artifacts(result)["seen"] == [(0, "1.16.0"), (1, "1.16.0")]

"""How far the steps of a deployed run are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.cli.deployment import reader_of
from flowc.cli.output import tell
from flowc.errors import EngineError, UsageError
from flowc.history.progress import Progress

if TYPE_CHECKING:
    from flowc.deploy.runs import DeployedRun, Runs
    from flowc.history.progress import StepProgress


class DeployedSteps:
    """The steps of a run, as its store has them.

    Who may see runs need not see the store: that is said once, and no steps are known then.
    """

    def __init__(self, runs: Runs, run: DeployedRun, store: str) -> None:
        self._progress: Progress | None = None
        try:
            self._progress = Progress(reader_of(runs, store), runs.flow, run.run)
        except (EngineError, UsageError) as error:
            _tell(error)

    @property
    def file(self) -> str:
        """The flow's file, once it is known."""
        return self._progress.file if self._progress else ""

    def look(self) -> tuple[StepProgress, ...]:
        """Each step in the flow's order; none where they are not known."""
        try:
            return self._progress.look() if self._progress else ()
        except UsageError as error:
            self._progress = None
            _tell(error)
            return ()


def _tell(error: Exception) -> None:
    tell(f"flowc: how far the steps are is not known: {error}")

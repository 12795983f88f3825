"""Exit hooks of `flowc run`: all are called, and none changes how the run has ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

FLOW = dedent(
    """
    from metaflow import FlowSpec, Parameter, exit_hook, step

    def report(run):
        print("report", run.pathspec.split("/")[0], run.successful)

    def broken():
        raise ValueError("no hook")

    @exit_hook(on_success=[broken, report], on_error=[broken, report, "elsewhere.page"])
    class HookedFlow(FlowSpec):
        fails = Parameter("fails", default=False)

        @step
        def start(self):
            self.next(self.end)

        @step
        def end(self):
            if self.fails:
                raise KeyError("of the flow")

    if __name__ == "__main__":
        HookedFlow()
    """
)


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "flow.py").write_text(FLOW, encoding="utf-8")
    (folder / "elsewhere.py").write_text("def page():\n    print('paged')\n", encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "flowc", "run", "flow.py", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("runtime", ["native", "metaflow"])
def test_hooks_are_called_after_a_run(runtime: str, tmp_path: Path) -> None:
    succeeded = run(tmp_path, "--runtime", runtime)
    failed = run(tmp_path, "--runtime", runtime, "--fails", "True")

    assert succeeded.returncode == 0, succeeded.stderr
    assert succeeded.stdout.splitlines()[-1:] == ["report HookedFlow True"]
    assert "the exit hook `broken` has failed" in succeeded.stderr
    assert failed.returncode == 1
    assert failed.stdout.splitlines()[-2:] == ["report HookedFlow False", "paged"]

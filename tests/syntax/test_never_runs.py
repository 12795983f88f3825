"""Reading a flow runs nothing of it, and needs no Metaflow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FLOW = """
from pathlib import Path

Path({trace!r}).write_text("imported")

import beside
from metaflow import FlowSpec, Parameter, step

Path({trace!r}).write_text("imported")


class TestFlow(FlowSpec):
    Path({trace!r}).write_text("class body")
    alpha = Parameter("alpha", default=lambda _: Path({trace!r}).write_text("default"))

    @step
    def start(self):
        Path({trace!r}).write_text("step")
        self.next(self.end)

    @step
    def end(self):
        pass
"""

READ = """
import sys
from flowc.driver import read_flow

reading = read_flow(sys.argv[1])
assert reading.flow is not None, reading.diagnostics
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_no_code_of_the_flow_runs_and_no_module_of_it_is_loaded(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    file = tmp_path / "flow.py"
    file.write_text(FLOW.format(trace=str(trace)))
    beside = f"open({str(trace)!r}, 'w').write('beside')\n"
    (tmp_path / "beside.py").write_text(beside)

    command = [sys.executable, "-c", READ, str(file)]
    answer = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )

    loaded = set(answer.stdout.split())
    assert not trace.exists()
    assert "libcst" in loaded
    assert loaded & {"metaflow", "beside", "flow"} == set()
    assert not list(tmp_path.rglob("*.pyc"))

"""A join over thousands of tasks, in the memory that one over a hundred needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from faults.conftest import ROOT

if TYPE_CHECKING:
    from faults.conftest import Site

SOURCE = """
class F(FlowSpec):
    @step
    def start(self):
        self.xs = list(range(int(os.environ["COUNT"])))
        self.next(self.fit, foreach="xs")

    @step
    def fit(self):
        self.x = self.input
        self.weights = bytes(20_000)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(each.x + len(each.weights) for each in inputs)
        self.next(self.end)

    @step
    def end(self):
        pass
"""
# Prints what a command needed at its peak, in KiB.
MEASURED = """
import os, resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def peak(site: Site, count: int) -> int:
    """The peak memory in KiB of a join over so many tasks, whose records are those of one."""
    site.url = str(site.folder / str(count))
    site.environment["COUNT"] = str(count)
    assert [site.step("start"), site.step("fit", "t.0")] == [0, 0], site.log()
    done = site.folder / str(count) / "F/1/_flowc/done/fit"
    record = json.loads((done / "t.0.json").read_text())
    for index in range(1, count):
        (done / f"t.{index}.json").write_text(json.dumps(record))
    words = [word for word in site.launch("join")["words"] if word]
    finished = subprocess.run(
        [sys.executable, "-c", MEASURED, sys.executable, "-m", "flowc.runtime", *words],
        cwd=site.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert site.values("join")["total"] == count * 20_000
    return int(finished.stderr)


def test_a_wide_join_takes_little_more_memory_than_a_narrow_one(site: Site) -> None:
    site.write(SOURCE)

    narrow, wide = peak(site, 100), peak(site, 10_000)

    # The names of ten thousand tasks, but none of their artifacts, which are 200 MB.
    assert wide - narrow < 16 * 1024

"""Attempts that are lost in ways that no code can catch are attempts all the same."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from local.conftest import Lab

from flowc.local.events import TaskRetried

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
import resource

class F(FlowSpec):
    @timeout(seconds=1)
    @retry(times=4, minutes_between_retries=0)
    @step
    def start(self):
        self.kept = current.retry_count
        {
            0: self.use_much_memory,
            1: lambda: os.kill(os.getpid(), signal.SIGKILL),
            2: lambda: os.kill(os.getpid(), signal.SIGTERM),
            3: lambda: time.sleep(30),
            4: lambda: None,
        }[current.retry_count]()
        self.next(self.end)

    def use_much_memory(self):
        resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
        self.kept = bytearray(2**31)

    @step
    def end(self):
        pass
"""


def test_whatever_ends_an_attempt_it_is_counted_and_tried_again(tmp_path: Path) -> None:
    lab = Lab(tmp_path)

    result = lab.run(SOURCE)

    assert not result.failures
    codes = [event.exit_code for event in lab.told(TaskRetried)]
    assert codes == [1, -signal.SIGKILL, -signal.SIGTERM, 1]
    assert lab.artifacts(result)["kept"] == 4

"""Times commands and calls against each other, and holds what came out."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LAUNCH = Path(__file__).with_name("launch.py")
# What the kernel counts memory in: https://man7.org/linux/man-pages/man2/getrusage.2.html
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds that something took, each time."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def least(self) -> float:
        return min(self.seconds)

    @property
    def most(self) -> float:
        return max(self.seconds)

    def __truediv__(self, parts: int) -> Spread:
        """What each of so many parts took."""
        return Spread(tuple(each / parts for each in self.seconds))

    def __str__(self) -> str:
        return f"{_time(self.median)} ({_time(self.least)} to {_time(self.most)})"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the report: what was measured, ours and theirs, and whether the target is met."""

    name: str
    ours: str
    theirs: str
    ratio: str
    target: str
    met: bool


@dataclass(frozen=True, slots=True)
class Cost:
    """The seconds that a command took, and the most memory that it held at once, in bytes."""

    seconds: float
    memory: int


@dataclass(frozen=True, slots=True)
class Command:
    """A command line, where it runs, and its whole environment; its output goes to `output`."""

    words: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    output: Path

    def __call__(self) -> None:
        self._run(self.words)

    def cost(self) -> Cost:
        """What running it costs."""
        told = self._run((sys.executable, "-S", str(_LAUNCH), *self.words))
        seconds, memory = told.splitlines()[-1].split()
        return Cost(float(seconds), int(memory) * _RSS_UNIT)

    def _run(self, words: Sequence[str]) -> str:
        with self.output.open("wb") as output:
            done = subprocess.run(
                words,
                cwd=self.folder,
                env=dict(self.environment),
                stdout=output,
                stderr=subprocess.PIPE,
                check=False,
            )
        if done.returncode:
            raise SystemExit(f"{' '.join(self.words)} failed:\n{done.stderr.decode()[-2000:]}")
        return done.stderr.decode()


def interleaved(contenders: Sequence[Callable[[], None]], rounds: int) -> list[Spread]:
    """What each contender took, taking turns, so that a busy machine is busy for all of them.

    A first turn is not counted: it fills caches, and Python writes its bytecode.
    """
    seconds: list[list[float]] = [[] for _ in contenders]
    for turn in range(rounds + 1):
        for contender, taken in zip(contenders, seconds, strict=True):
            began = time.perf_counter()
            contender()
            if turn:
                taken.append(time.perf_counter() - began)
    return [Spread(tuple(taken)) for taken in seconds]


def growth(
    small: Callable[[], None], large: Callable[[], None], times: int, rounds: int
) -> list[Spread]:
    """What each takes; the small one is repeated, to be as long as one so many times as large."""

    def repeat() -> None:
        for _ in range(times):
            small()

    repeated, once = interleaved((repeat, large), rounds)
    return [repeated / times, once]


def times_less(name: str, ours: Spread, theirs: Spread, at_least: float) -> Row:
    """The row of a target `at least so many times less`, judged by the medians."""
    ratio, by_least = theirs.median / ours.median, theirs.least / ours.least
    return Row(
        name,
        str(ours),
        str(theirs),
        f"{ratio:.1f} (of the minima {by_least:.1f})",
        f"≥ {at_least:g}",
        ratio >= at_least,
    )


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"

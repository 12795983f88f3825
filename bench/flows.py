"""The flows that are measured: plain on purpose, and the same for flowc and Metaflow."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def linear(steps: int, module: str) -> str:
    """So many empty steps in a row."""
    names = ["start", *(f"step_{number}" for number in range(1, steps - 1)), "end"]
    return _source(module, _chain(names))


def wide(width: int, module: str) -> str:
    """A foreach over so many empty tasks, and its join."""
    return _source(
        module,
        [
            _step(
                "start",
                f"self.items = list(range({width}))",
                "self.next(self.work, foreach='items')",
            ),
            _step("work", "self.next(self.join)"),
            _step("join", "self.next(self.end)", arguments="self, inputs"),
            _step("end", "pass"),
        ],
    )


def splits(count: int, module: str) -> str:
    """So many two-way splits, one after the other: each doubles the number of paths."""
    names = [f"fork_{number}" for number in range(count)]
    methods = [_step("start", f"self.next(self.{names[0]})")]
    for number, (name, follow) in enumerate(zip(names, [*names[1:], "end"], strict=True)):
        left, right, join = f"left_{number}", f"right_{number}", f"join_{number}"
        methods += [
            _step(name, f"self.next(self.{left}, self.{right})"),
            *(_step(branch, f"self.next(self.{join})") for branch in (left, right)),
            _step(join, f"self.next(self.{follow})", arguments="self, inputs"),
        ]
    return _source(module, [*methods, _step("end", "pass")])


def _chain(names: list[str]) -> Iterator[str]:
    for name, follow in pairwise(names):
        yield _step(name, f"self.next(self.{follow})")
    yield _step(names[-1], "pass")


def _step(name: str, *body: str, arguments: str = "self") -> str:
    lines = ["    @step", f"    def {name}({arguments}):", *(f"        {line}" for line in body)]
    return "\n".join(lines)


def _source(module: str, methods: Iterable[str]) -> str:
    head = f"from {module} import FlowSpec, step\n\n\nclass BenchFlow(FlowSpec):\n"
    foot = '\n\n\nif __name__ == "__main__":\n    BenchFlow()\n'
    return head + "\n\n".join(methods) + foot

"""Recovers a flow's structure: its step graph becomes nested regions, or a diagnostic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow, Kind, Step
from flowc.ir.graph import depth_first, immediate_post_dominators, natural_loop, predecessors
from flowc.ir.region import Arm, Block, Emits, Foreach, Loop, Region, Split, Switch, Task, walk
from flowc.passes import structure_problems as problems

MAX_DEPTH = 100
COPIES_PER_STEP = 64


def nest_regions(flow: Flow) -> tuple[Flow | None, list[Diagnostic]]:
    """The flow with its `body`.

    Expects what the lint rules on transitions hold: every target exists, every step can be
    reached from the start and reaches the end.
    """
    graph = {step.name: step.next_steps for step in flow.steps.values()}
    order = depth_first(graph, flow.start)
    loops, diagnostics = _find_loops(flow, graph, order.back_edges)
    if diagnostics:
        return None, diagnostics
    forward = {
        step: [to for to in following if loops.get(to) != step] for step, following in graph.items()
    }
    merges = immediate_post_dominators(forward, order.steps)
    try:
        body = _Nesting(flow.steps, loops, merges).whole(flow.start)
    except _UnstructuredError as error:
        return None, [error.diagnostic]
    return replace(flow, body=body), []


def _find_loops(
    flow: Flow, graph: Mapping[str, Sequence[str]], back_edges: Sequence[tuple[str, str]]
) -> tuple[dict[str, str], list[Diagnostic]]:
    """The latch of each loop by its header."""
    latches: dict[str, str] = {}
    found: list[Diagnostic] = []
    entering = predecessors(graph)
    for latch, header in back_edges:
        body = natural_loop(entering, latch, header)
        if header in latches:
            steps = (flow.steps[name] for name in (latches[header], latch, header))
            found.append(problems.loop_closed_twice(*steps))
        elif diagnostic := _loop_problem(flow, latch, header, body):
            found.append(diagnostic)
        latches.setdefault(header, latch)
    return latches, found or _shared_latches(flow, latches)


def _loop_problem(flow: Flow, latch: str, header: str, body: set[str]) -> Diagnostic | None:
    last, first = flow.steps[latch], flow.steps[header]
    if flow.start in body and flow.start != header:
        return problems.irreducible_loop(last, first)
    if first.joins:
        return problems.loop_to_join(last, first)
    if last.kind is not Kind.SWITCH:
        return problems.loop_without_switch(last, first)
    for name in sorted(body - {latch}):
        if any(following not in body for following in flow.steps[name].next_steps):
            return problems.loop_left_elsewhere(flow.steps[name], last, first)
    return None


def _shared_latches(flow: Flow, latches: Mapping[str, str]) -> list[Diagnostic]:
    headers: dict[str, str] = {}
    found = []
    for header, latch in latches.items():
        if latch in headers:
            steps = (flow.steps[name] for name in (latch, headers[latch], header))
            found.append(problems.latch_of_two_loops(*steps))
        headers[latch] = header
    return found


class _UnstructuredError(Exception):
    """Leaves the descent with the reason why there is no structure; never leaves this module."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A block, and the step that it ran into: a join, a merge or its loop's latch."""

    block: Block
    before: str | None


class _Nesting:
    """Recursive descent from step to step; each level is one construct deeper in the flow."""

    def __init__(
        self, steps: Mapping[str, Step], latches: Mapping[str, str], merges: Mapping[str, str]
    ) -> None:
        self._steps = steps
        self._latches = latches
        self._headers = {latch: header for header, latch in latches.items()}
        self._merges = merges
        self._copies_left = COPIES_PER_STEP * len(steps)
        self._open_splits = 0

    def whole(self, start: str) -> Block:
        parsed = self._block(start, frozenset(), 0)
        if parsed.before is not None:
            raise _UnstructuredError(problems.join_without_split(self._steps[parsed.before]))
        return parsed.block

    def _block(
        self, first: str, stops: frozenset[str], depth: int, header: str | None = None
    ) -> _Parsed:
        """Regions from `first` on, up to a join, a step of `stops`, or through `header`'s latch."""
        if depth > MAX_DEPTH:
            raise _UnstructuredError(problems.too_many_levels(self._steps[first], MAX_DEPTH))
        regions: list[Region] = []
        current: str | None = first
        while current is not None and current not in stops and not self._steps[current].joins:
            step = self._steps[current]
            if current in self._latches and current != header:
                current = self._loop(step, stops, depth, regions)
            elif current in self._headers:
                self._close_loop(step, header, regions)
                break
            else:
                current = self._step(step, stops, depth, regions)
        return _Parsed(tuple(regions), current)

    def _step(
        self, step: Step, stops: frozenset[str], depth: int, regions: list[Region]
    ) -> str | None:
        """Add the step and the construct it opens; the step that follows, if any."""
        self._spend_copy(step)
        match step.kind:
            case Kind.END:
                regions.append(Task(step.name))
                return None
            case Kind.LINEAR:
                regions.append(Task(step.name))
                return step.next_steps[0]
            case Kind.SWITCH:
                return self._switch(step, stops, depth, regions)
            case Kind.SPLIT | Kind.FOREACH | Kind.GANG:
                return self._fan_out(step, stops, depth, regions)
            case _:
                assert_never(step.kind)

    def _switch(
        self, step: Step, stops: frozenset[str], depth: int, regions: list[Region]
    ) -> str | None:
        if len(step.next_steps) == 1:
            regions.append(Task(step.name))
            return step.next_steps[0]
        regions.append(Task(step.name, Emits.NEXT))
        return self._arms(step, step.next_steps, stops, depth, regions)

    def _arms(
        self,
        step: Step,
        targets: Sequence[str],
        stops: frozenset[str],
        depth: int,
        regions: list[Region],
    ) -> str | None:
        """Add a switch over the targets; the step where its arms meet."""
        if len(targets) == 1:
            return targets[0]
        merge = self._merges[step.name]
        parsed = [self._block(target, stops | {merge}, depth + 1) for target in targets]
        if {arm.before for arm in parsed} != {merge}:
            raise _UnstructuredError(problems.arms_do_not_meet(step, _ends(parsed)))
        arms = (Arm(target, arm.block) for target, arm in zip(targets, parsed, strict=True))
        regions.append(Switch(step.name, tuple(arms)))
        return merge

    def _fan_out(
        self, step: Step, stops: frozenset[str], depth: int, regions: list[Region]
    ) -> str | None:
        """Add a split or foreach and the join behind it; the step that follows the join."""
        self._open_splits += 1
        parsed = [self._block(branch, frozenset(), depth + 1) for branch in step.next_steps]
        self._open_splits -= 1
        ends = _ends(parsed)
        if len(ends) != 1 or any(branch.before is None for branch in parsed):
            raise _UnstructuredError(problems.branches_do_not_meet(step, ends))
        join = self._steps[ends[0]]
        if not all(branch.block for branch in parsed):
            raise _UnstructuredError(problems.branch_without_steps(step, join))
        if shared := _in_several([branch.block for branch in parsed]):
            raise _UnstructuredError(problems.step_in_two_branches(step, self._steps[shared]))
        regions += self._opened(step, [branch.block for branch in parsed])
        return self._step(join, stops, depth, regions)

    def _opened(self, step: Step, blocks: Sequence[Block]) -> tuple[Region, Region]:
        if step.kind is Kind.SPLIT:
            return Task(step.name), Split(step.name, tuple(blocks))
        gang = step.kind is Kind.GANG
        return Task(step.name, Emits.COUNT), Foreach(step.name, blocks[0], gang)

    def _loop(
        self, header: Step, stops: frozenset[str], depth: int, regions: list[Region]
    ) -> str | None:
        """Add the loop that begins at `header`; the step that follows it."""
        latch = self._steps[self._latches[header.name]]
        parsed = self._block(header.name, stops, depth + 1, header.name)
        if parsed.before != latch.name:
            if parsed.before and not self._open_splits:
                raise _UnstructuredError(problems.join_without_split(self._steps[parsed.before]))
            raise _UnstructuredError(problems.loop_crosses_border(latch, header))
        regions.append(Loop(latch.name, header.name, parsed.block))
        exits = [step for step in latch.next_steps if step != header.name]
        return self._arms(latch, exits, stops, depth, regions)

    def _close_loop(self, latch: Step, header: str | None, regions: list[Region]) -> None:
        if header is None or self._latches[header] != latch.name:
            begins = self._steps[self._headers[latch.name]]
            raise _UnstructuredError(problems.loop_crosses_border(latch, begins))
        self._spend_copy(latch)
        regions.append(Task(latch.name, Emits.NEXT))

    def _spend_copy(self, step: Step) -> None:
        self._copies_left -= 1
        if self._copies_left < 0:
            raise _UnstructuredError(problems.tails_too_tangled(step, COPIES_PER_STEP))


def _ends(parsed: Sequence[_Parsed]) -> list[str]:
    """The steps that the blocks ran into, each once, in order."""
    return list(dict.fromkeys(block.before for block in parsed if block.before is not None))


def _in_several(branches: Sequence[Block]) -> str | None:
    """A step that stands in more than one of the branches, which would all run it."""
    seen: set[str] = set()
    for branch in branches:
        steps = {region.step for region in walk(branch) if isinstance(region, Task)}
        if shared := seen & steps:
            return min(shared)
        seen |= steps
    return None

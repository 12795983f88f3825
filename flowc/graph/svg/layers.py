"""Which row each cell of a frame stands in, and in which order: longest paths and barycentres."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """Something that takes a place in a row: a thing by its name, or a wire that passes by."""

    thing: str = ""
    wire: int = -1
    row: int = -1


Row = tuple[Cell, ...]
# Each edge as the cells it visits, one in each row from its first to its last.
Chains = Sequence[Sequence[Cell]]


def find_layers(things: Iterable[str], edges: Iterable[tuple[str, str]]) -> dict[str, int]:
    """For each thing the length of the longest way to it; the edges have no cycles."""
    following = defaultdict(list)
    entering = dict.fromkeys(things, 0)
    for source, target in edges:
        following[source].append(target)
        entering[target] += 1
    layers = dict.fromkeys(entering, 0)
    ready = [thing for thing, count in entering.items() if not count]
    for thing in ready:
        for target in following[thing]:
            layers[target] = max(layers[target], layers[thing] + 1)
            entering[target] -= 1
            if not entering[target]:
                ready.append(target)
    return layers


def find_rows(layers: Mapping[str, int], chains: Chains) -> tuple[Row, ...]:
    """The cells row by row, in an order in which few edges cross."""
    rows = _as_discovered(layers, chains)
    best, fewest = rows, _crossings(rows, chains)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        rows = _swept(rows, chains, downward=sweep % 2 == 0)
        crossings = _crossings(rows, chains)
        if crossings < fewest:
            best, fewest = rows, crossings
    return best


def _as_discovered(layers: Mapping[str, int], chains: Chains) -> tuple[Row, ...]:
    """Each row in the order in which the cells of the row above lead to it."""
    following, _ = neighbours(chains)
    row = dict.fromkeys(Cell(thing) for thing, layer in layers.items() if layer == 0)
    rows = []
    while row:
        rows.append(tuple(row))
        row = dict.fromkeys(below for cell in row for below in following[cell])
    return tuple(rows)


def neighbours(chains: Chains) -> tuple[dict[Cell, list[Cell]], dict[Cell, list[Cell]]]:
    """For each cell those below it that it leads to, and those above that lead to it."""
    below: dict[Cell, list[Cell]] = defaultdict(list)
    above: dict[Cell, list[Cell]] = defaultdict(list)
    for chain in chains:
        for upper, lower in pairwise(chain):
            below[upper].append(lower)
            above[lower].append(upper)
    return below, above


def _swept(rows: Sequence[Row], chains: Chains, *, downward: bool) -> tuple[Row, ...]:
    """The rows, each in the order of its cells' barycentres in the row before."""
    below, above = neighbours(chains)
    near = above if downward else below
    swept = list(rows if downward else reversed(rows))
    for number in range(1, len(swept)):
        place = {cell: place for place, cell in enumerate(swept[number - 1])}
        centre = {cell: _mean([place[other] for other in near[cell]]) for cell in swept[number]}
        swept[number] = _sorted_by(swept[number], centre)
    return tuple(swept if downward else reversed(swept))


def _sorted_by(row: Row, centre: Mapping[Cell, float | None]) -> Row:
    """The row with those cells in order that have a centre; the others keep their places."""
    moving = sorted(
        (cell for cell in row if centre[cell] is not None), key=lambda c: centre[c] or 0
    )
    order = iter(moving)
    return tuple(cell if centre[cell] is None else next(order) for cell in row)


def _mean(places: Sequence[int]) -> float | None:
    return sum(places) / len(places) if places else None


def _crossings(rows: Sequence[Row], chains: Chains) -> int:
    below, _ = neighbours(chains)
    found = 0
    for upper, lower in pairwise(rows):
        place = {cell: place for place, cell in enumerate(lower)}
        ends = [
            place[cell] for source in upper for cell in sorted(below[source], key=place.__getitem__)
        ]
        found += _inversions(ends)
    return found


def _inversions(numbers: Sequence[int]) -> int:
    return sum(one > other for place, one in enumerate(numbers) for other in numbers[place + 1 :])

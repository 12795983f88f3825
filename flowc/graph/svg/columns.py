"""Where in its row each cell stands: near those it is joined to, and clear of its neighbours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from flowc.graph.svg.layers import Cell, Row

_SWEEPS = 16


@dataclass(frozen=True, slots=True)
class Link:
    """Two cells of neighbouring rows; `shift` is how far right of the upper one the lower wants.

    The heavier a link, the straighter it is drawn.
    """

    upper: Cell
    lower: Cell
    shift: float
    weight: float


def find_columns(
    rows: Sequence[Row], links: Sequence[Link], widths: Mapping[Cell, float], gap: float
) -> dict[Cell, float]:
    """The centre of each cell."""
    steps = [_distances(row, widths, gap) for row in rows]
    centres = {
        cell: place - distances[-1] / 2
        for row, distances in zip(rows, steps, strict=True)
        for cell, place in zip(row, distances, strict=True)
    }
    above, below = _wishes(links)
    for sweep in range(_SWEEPS):
        downward = sweep % 2 == 0
        near = above if downward else below
        order = range(len(rows)) if downward else reversed(range(len(rows)))
        for number in order:
            _settle(rows[number], steps[number], near, centres)
    return centres


Wishes = Mapping[Cell, Sequence[tuple[Cell, float, float]]]


def _wishes(links: Sequence[Link]) -> tuple[Wishes, Wishes]:
    """For each cell where those above and those below it want it."""
    above, below = defaultdict(list), defaultdict(list)
    for link in links:
        above[link.lower].append((link.upper, link.shift, link.weight))
        below[link.upper].append((link.lower, -link.shift, link.weight))
    return above, below


def _distances(row: Row, widths: Mapping[Cell, float], gap: float) -> list[float]:
    """How far right of the row's first centre each centre must be at least."""
    places = [0.0]
    for left, right in pairwise(row):
        places.append(places[-1] + (widths[left] + widths[right]) / 2 + gap)
    return places


def _settle(row: Row, distances: Sequence[float], near: Wishes, centres: dict[Cell, float]) -> None:
    """Move the cells of a row as near to where they are wanted as their distances allow."""
    wanted, weights = [], []
    for cell, distance in zip(row, distances, strict=True):
        wishes = near.get(cell, ())
        weight = sum(heaviness for _, _, heaviness in wishes)
        total = sum((centres[other] + shift) * heaviness for other, shift, heaviness in wishes)
        wanted.append((total / weight if weight else centres[cell]) - distance)
        weights.append(weight or 0.01)
    for cell, distance, place in zip(row, distances, _ascending(wanted, weights), strict=True):
        centres[cell] = place + distance


def _ascending(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The ascending numbers nearest to those wanted, by least squares: neighbours are pooled."""
    pools: list[tuple[float, float, int]] = []
    for place, weight in zip(wanted, weights, strict=True):
        pool = (place, weight, 1)
        while pools and pools[-1][0] >= pool[0]:
            mean, mass, count = pools.pop()
            total = mass + pool[1]
            pool = ((mean * mass + pool[0] * pool[1]) / total, total, count + pool[2])
        pools.append(pool)
    return [mean for mean, _, count in pools for _ in range(count)]

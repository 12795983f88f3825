"""Straightens the wires that pass rows: a bend only where something stands in the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from flowc.graph.svg.layers import Cell, Row


class Straightening:
    """Moves passing cells between their neighbours, which stay where they are."""

    def __init__(
        self,
        rows: Sequence[Row],
        centres: dict[Cell, float],
        widths: Mapping[Cell, float],
        gap: float,
    ) -> None:
        self._rows = rows
        self._places = {cell: place for row in rows for place, cell in enumerate(row)}
        self._centres = centres
        self._widths = widths
        self._gap = gap

    def straighten(self, passing: Sequence[Cell], wanted: float) -> None:
        """Put the cells of a wire, from above to below, at as few places as there is room for.

        The first run of them stands as near to `wanted` as it can, each other near the one before.
        """
        for run, low, high in self._runs(passing):
            wanted = min(max(wanted, low), high)
            for cell in run:
                self._centres[cell] = wanted

    def _runs(self, passing: Sequence[Cell]) -> Iterator[tuple[list[Cell], float, float]]:
        """The cells in runs that can be straight, each with its limits."""
        run: list[Cell] = []
        low, high = float("-inf"), float("inf")
        for cell in passing:
            left, right = self._limits(cell)
            if run and max(low, left) > min(high, right):
                yield run, low, high
                run, low, high = [], left, right
            run.append(cell)
            low, high = max(low, left), min(high, right)
        if run:
            yield run, low, high

    def _limits(self, cell: Cell) -> tuple[float, float]:
        """How far left and right the cell may go; never so that it could not stay."""
        row, place, here = self._rows[cell.row], self._places[cell], self._centres[cell]
        low, high = float("-inf"), float("inf")
        if place > 0:
            low = min(here, self._centres[row[place - 1]] + self._distance(row[place - 1], cell))
        if place + 1 < len(row):
            high = max(here, self._centres[row[place + 1]] - self._distance(cell, row[place + 1]))
        return low, high

    def _distance(self, left: Cell, right: Cell) -> float:
        return (self._widths[left] + self._widths[right]) / 2 + self._gap

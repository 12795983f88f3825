"""Finds what Metaflow's runtime cannot run."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow
from flowc.ir.region import Loop, walk
from flowc.passes import runtime_problems as problems


def check_metaflow(flow: Flow) -> Iterator[Diagnostic]:
    """What stands in the way of a flow with regions."""
    for region in walk(flow.body):
        if isinstance(region, Loop) and region.to != region.at:
            yield problems.long_loop(flow.steps[region.at], flow.steps[region.to])

"""Chooses what runs the steps inside of tasks."""

from __future__ import annotations

from dataclasses import replace

from flowc.ir.flow import Flow, Runtime
from flowc.ir.needs import needs_of_metaflow


def choose_runtime(flow: Flow, wanted: Runtime | None = None) -> Flow:
    """The flow with the runtime that is wanted, or else the one that it needs."""
    needed = wanted or (Runtime.METAFLOW if needs_of_metaflow(flow) else Runtime.NATIVE)
    return replace(flow, runtime=needed)

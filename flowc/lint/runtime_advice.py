"""What follows from a need of Metaflow's runtime."""

from __future__ import annotations

from typing import assert_never

from flowc.ir.flow import Flow, Runtime


def advice(flow: Flow) -> str:
    """What to do, by the runtime that is chosen."""
    match flow.runtime:
        case Runtime.METAFLOW:
            return "have Metaflow where the flow runs, or choose `--runtime native` to do without"
        case Runtime.NATIVE:
            return "run the flow with `--runtime metaflow`, or provide it in another way"
        case _:
            assert_never(flow.runtime)

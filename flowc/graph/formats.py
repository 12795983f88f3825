"""The formats that `flowc graph` writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from flowc.errors import UsageError
from flowc.graph.document import render_json
from flowc.graph.dot import render_dot
from flowc.graph.mermaid import render_mermaid
from flowc.graph.outline import render_outline
from flowc.graph.svg.drawing import render_svg
from flowc.ir.flow import Flow

Renderer: TypeAlias = Callable[[Flow], str]

RENDERERS: Mapping[str, Renderer] = {
    "text": render_outline,
    "mermaid": render_mermaid,
    "dot": render_dot,
    "json": render_json,
    "svg": render_svg,
}


def get_renderer(name: str) -> Renderer:
    """What writes a flow with its regions in the format; a `UsageError` lists those there are."""
    if name not in RENDERERS:
        known = ", ".join(RENDERERS)
        raise UsageError(f"there is no graph format `{name}`; there are {known}")
    return RENDERERS[name]

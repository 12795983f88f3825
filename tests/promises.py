"""The artifacts that a fixture flow promises in its docstring."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HEADING = "Artifacts at the end:"


def promised(path: Path) -> dict[str, object]:
    """The last step's artifacts, by name, as the flow file at `path` promises them."""
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    _, heading, promises = doc.partition(HEADING)
    if not heading:
        raise ValueError(f"{path} promises nothing: its docstring lacks `{HEADING}`")
    lines = [line.partition("=") for line in promises.splitlines() if line.strip()]
    return {name.strip(): ast.literal_eval(text.strip()) for name, _, text in lines}

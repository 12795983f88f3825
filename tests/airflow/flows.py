"""Flows written in a test."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HEADER = """
import os
import time
from pathlib import Path

from flowc import FlowSpec, JSONType, Parameter, catch, current, retry, step


"""


def write(folder: Path, source: str) -> Path:
    """The folder of a flow."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "flow.py").write_text(_HEADER + textwrap.dedent(source))
    return folder

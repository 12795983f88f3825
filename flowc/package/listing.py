"""The files of a package, as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

from flowc.errors import UsageError
from flowc.package.collect import Package
from flowc.package.sizes import size_text

_Renderer = Callable[[Package], str]


def get_renderer(name: str) -> _Renderer:
    """What writes a package as text or JSON; a `UsageError` tells of any other name."""
    renderers: dict[str, _Renderer] = {"text": render_text, "json": render_json}
    if name not in renderers:
        raise UsageError(f"--format takes text or json, not `{name}`")
    return renderers[name]


def render_text(package: Package) -> str:
    """A line for each file, its size before its name, and one for all of them."""
    rows = [(size_text(file.size), _shown(file.name)) for file in package.files]
    rows.append((size_text(package.size), f"in {len(package.files)} files"))
    width = max(len(size) for size, _ in rows)
    return "".join(f"{size:>{width}}  {name}\n" for size, name in rows)


def render_json(package: Package) -> str:
    """The files with their sizes in bytes, and the sum of these."""
    files = [{"name": file.name, "size": file.size} for file in package.files]
    document = {"flow": package.flow, "size": package.size, "files": files}
    return json.dumps(document, indent=2) + "\n"


def _shown(name: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in name)

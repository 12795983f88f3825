"""A Dockerfile that puts a package into an image, for those who bake their code in."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2

import flowc
from flowc.errors import UsageError
from flowc.package.collect import Package

# Nothing that Docker expands, splits or takes for a pattern.
_IMAGE = re.compile(r"\w[\w./:@-]*", re.ASCII)
_NAME = re.compile(r"[\w./@+-]+")


def render_dockerfile(package: Package, image: str, archive: str, own: str) -> str:
    """The Dockerfile named `own`, beside the archive of a package, to build on an image.

    A `requirements.txt` in the flow's folder is installed. Raises `UsageError` for names that
    cannot stand in a Dockerfile.
    """
    source = package.source
    if not _IMAGE.fullmatch(image):
        raise UsageError(f"--image takes the name of an image, not `{image}`")
    for name in (source, archive, own):
        if not _NAME.fullmatch(name):
            raise UsageError(f"`{name}` cannot stand in a Dockerfile; use letters, digits and -._")
    template = jinja2.Template(
        _template().read_text(encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    text: str = template.render(
        flow=package.flow,
        image=image,
        archive=archive,
        own=own,
        source=source,
        requirements=any(file.name == f"{source}/requirements.txt" for file in package.files),
    )
    return text


def _template() -> Path:
    """The template, which a wheel holds inside of flowc."""
    top = Path(flowc.__file__).parent
    installed = top / "_templates" / "Dockerfile"
    return installed if installed.exists() else top.parent / "templates" / "Dockerfile"

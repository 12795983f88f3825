"""Fills the templates whose product is Python: values come as text that is Python already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

import flowc


def render(name: str, **values: Any) -> str:
    """The text of a template of Airflow's folder."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_folder()),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 (what is made is Python, and its values are literals)
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text: str = environment.get_template(name).render(**values)
    return text


def _folder() -> Path:
    """The templates, which a wheel holds inside of flowc."""
    top = Path(flowc.__file__).parent
    installed = top / "_templates" / "airflow"
    return installed if installed.exists() else top.parent / "templates" / "airflow"

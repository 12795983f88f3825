"""The log of an attempt as the step wrote it, without what Airflow puts around it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

# What Airflow 2 begins a line with: the time, and the file that has written it.
_HEAD = re.compile(r"^\[\d{4}-\d\d-\d\dT[^\]]*\] \{[^}]*\} [A-Z]+ - ")
_GROUP = re.compile(r"^\s*(?:INFO - )?::group::(?P<name>.*)")
_END = re.compile(r"^\s*(?:INFO - )?::endgroup::")
# The groups that Airflow itself makes, in either version, each around what is its own.
_AROUND = re.compile(r"log message source details|(pre|post) (task )?execut", re.IGNORECASE)
_RAISED = "Task failed with exception"


def lines_of(content: bytes) -> Iterator[str]:
    """The lines, each with its end."""
    is_around = False
    for line in _without_traceback(_body(content.decode(errors="replace").splitlines())):
        group = _GROUP.match(line)
        if group:
            is_around = _AROUND.search(group["name"]) is not None
        elif _END.match(line):
            is_around = False
        elif not is_around:
            yield f"{line}\n"


def _body(lines: list[str]) -> list[str]:
    """The lines but for the first, where Airflow 2 has that of the machine."""
    return lines[1:] if len(lines) > 1 and _GROUP.match(lines[1]) else lines


def _without_traceback(lines: list[str]) -> Iterator[str]:
    """The lines without heads. Of what Airflow itself raises for a step, the last line will do."""
    raised: str | None = None
    for line in lines:
        text = _event(line) if line.startswith("{") else line
        head = _HEAD.match(text)
        if raised is not None and not head:
            raised = text
            continue
        if raised:
            yield raised
        text = text[head.end() :] if head else text
        raised = "" if head and text == _RAISED else None
        if raised is None:
            yield text
    if raised:
        yield raised


def _event(line: str) -> str:
    """What Airflow 3 has logged; a line that the step wrote itself may begin like that, too."""
    try:
        event: Any = json.loads(line)
    except ValueError:
        return line
    if not isinstance(event, dict) or "event" not in event:
        return line
    raised = [each for each in event.get("error_detail") or () if isinstance(each, dict)]
    if not raised:
        return str(event["event"])
    return f"{raised[0].get('exc_type')}: {raised[0].get('exc_value')}"

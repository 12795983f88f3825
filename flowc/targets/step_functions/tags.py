"""The tags of all that is deployed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from flowc import __version__
from flowc.ir.flow import Flow
from flowc.targets.step_functions.naming import machine_name, project_words
from flowc.targets.target import CompileOptions

# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
_MOST, _KEY_LIMIT, _VALUE_LIMIT = 50, 128, 256
_SIGNS = frozenset("_.:/=+-@")
_OWN = re.compile(r"(aws|flowc):", re.IGNORECASE)


def all_tags(flow: Flow, options: CompileOptions) -> dict[str, str]:
    """The tags that tell what a resource belongs to, and those that were given."""
    project, branch = project_words(flow)
    own = {
        "flowc:flow": flow.name,
        "flowc:deployment": machine_name(flow, options.name),
        "flowc:project": project,
        "flowc:branch": branch,
        "flowc:version": __version__,
    }
    return {**{key: value for key, value in own.items() if value}, **options.tags}


def wrong_tags(tags: Mapping[str, str]) -> Iterator[str]:
    """What AWS has against given tags, each the end of a sentence that a tag begins."""
    # Five places are flowc's own.
    if len(tags) > _MOST - 5:
        yield f"`{next(iter(tags))}` is one of {len(tags)}, and AWS has room for {_MOST - 5}"
    for key, value in tags.items():
        if not key:
            yield f"`{key}={value}` has no key"
        if _OWN.match(key):
            yield f"`{key}` begins with `{_OWN.match(key)[0]}`, which is not for users"  # type: ignore[index]
        if len(key) > _KEY_LIMIT:
            yield f"`{key}` has a key of more than {_KEY_LIMIT} characters"
        if len(value) > _VALUE_LIMIT:
            yield f"`{key}` has a value of more than {_VALUE_LIMIT} characters"
        if odd := next((letter for letter in key + value if not _fits(letter)), ""):
            yield f"`{key}` holds {odd!r}, which AWS has in no tag"


def _fits(letter: str) -> bool:
    return letter in _SIGNS or unicodedata.category(letter)[0] in "LZN"

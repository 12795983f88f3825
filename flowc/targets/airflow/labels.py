"""By what Airflow's list of DAGs can be searched: tags, and who owns a DAG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flowc.ir.flow import Flow
from flowc.names import shortened
from flowc.targets.airflow.naming import project_words
from flowc.targets.target import CompileOptions

# https://airflow.apache.org/docs/apache-airflow/stable/howto/add-dag-tags.html
_TAG_LIMIT = 100


def tags(flow: Flow, options: CompileOptions) -> list[str]:
    """The tags of each DAG of the flow, flowc's own first."""
    project, branch = project_words(flow)
    own = {"flow": flow.name, "project": project, "branch": branch}
    named = [shortened(f"{key}:{text}", _TAG_LIMIT) for key, text in own.items() if text]
    return list(dict.fromkeys(["flowc", *named, *map(_tag, options.tags.items())]))


def owner(flow: Flow) -> str:
    """Whose the tasks are, in Airflow's eyes."""
    return flow.project.name if flow.project else "flowc"


def too_long(given: Mapping[str, str]) -> Iterator[str]:
    """Those of the given tags that Airflow refuses."""
    yield from (tag for tag in map(_tag, given.items()) if len(tag) > _TAG_LIMIT)


def _tag(given: tuple[str, str]) -> str:
    return ":".join(filter(None, given))

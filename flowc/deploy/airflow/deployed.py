"""The DAG that a flow is deployed as, and what its file says of its tasks."""

from __future__ import annotations

from functools import cached_property

from flowc.deploy.airflow.dag_text import package_of, store_of
from flowc.deploy.airflow.server import Server
from flowc.deploy.airflow.values import Dag
from flowc.errors import EngineError

_FLOW = "flow:"


class Deployed:
    """A DAG by its id; nothing is asked before it is needed."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name

    @cached_property
    def dag(self) -> Dag:
        """The DAG; an `EngineError` tells that there is none, or another's."""
        found = self.server.dag(self.name)
        if found is None:
            raise EngineError(
                f"no DAG is called `{self.name}` on {self.server.url}; `flowc deploy` makes one"
            )
        if not self._flow(found):
            raise EngineError(
                f"the DAG `{self.name}` was not made by flowc: it has no tag `flow:…`"
            )
        return found

    @cached_property
    def text(self) -> str:
        """The file that it is in, as Airflow has read it."""
        return self.server.source(self.dag)

    @property
    def flow(self) -> str:
        """The name of the flow."""
        return self._flow(self.dag)

    @property
    def store(self) -> str:
        """The URL of the store; empty if the file does not say it."""
        return store_of(self.text)

    @property
    def package(self) -> str:
        """The key of the package that tasks fetch; empty if there is none."""
        return package_of(self.text)

    @property
    def loops(self) -> list[str]:
        """The ids of the DAGs of its loops."""
        found = self.server.dags(f"{_FLOW}{self.flow}")
        return sorted(dag.id for dag in found if dag.id.startswith(f"{self.name}."))

    @staticmethod
    def _flow(dag: Dag) -> str:
        tags = (tag.removeprefix(_FLOW) for tag in dag.tags if tag.startswith(_FLOW))
        return next(tags, "")

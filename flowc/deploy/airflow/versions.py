"""The versions of a DAG file, and the way back to one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from flowc.deploy.access import Access
from flowc.deploy.airflow.dag_text import flow_of, is_compiled, store_of, version_of
from flowc.deploy.airflow.deployment import DAG, FILE, placed
from flowc.deploy.airflow.kept import TARGET, VERSION, KeptFile, KeptFiles
from flowc.deploy.airflow.parsing import Waiting
from flowc.deploy.airflow.server import Server
from flowc.deploy.airflow.sink import Sink, open_sink
from flowc.deploy.ledger import Ledger
from flowc.deploy.resources import Body, Key
from flowc.deploy.versions import Version, Versions
from flowc.errors import EngineError, UsageError


def versions(name: str, access: Access) -> Versions:
    """The versions of a deployment, by its name; nothing is asked of Airflow yet."""
    return FileVersions(name, access)


class FileVersions:
    """See `Versions`. The record of the deployment knows which are kept."""

    def __init__(self, name: str, access: Access) -> None:
        self._name = name
        self._access = access
        self._server = Server(access.airflow_url) if access.airflow_url else None

    @cached_property
    def flow(self) -> str:
        if self._access.flow:
            return self._access.flow
        return flow_of(self._seen) or self._name.rpartition(".")[2]

    @cached_property
    def store(self) -> str:
        return store_of(self._seen) if is_compiled(self._seen) else ""

    def list(self) -> Sequence[Version]:
        """Live is what the sink has; where the sink is not known, what the server has."""
        live = version_of(self._live_text) if self._live_text else ""
        found = sorted(self._files(), key=lambda file: file.moment, reverse=True)
        return [Version(each.version, "", each.moment, each.version == live) for each in found]

    def activate(self, version: str) -> Mapping[Key, Body]:
        """Put the file of a version again, and wait until Airflow has read it."""
        file = self._kept.read(version)
        if file is None:
            raise EngineError(
                f"the store has no version {version} of `{self._name}`; "
                "`flowc versions` lists those that it has"
            )
        key = self._file_key
        if key is None:
            raise UsageError(f"no DAG file of `{self._name}` is on record; deploy it again")
        sink, name = placed(key, self._sink(file), self._kept)
        sink.check()
        waiting = self._waiting(file)
        sink.write(name, file.text, f"Go back to version {version} of {self._name} with flowc")
        self.__dict__.pop("_live_text", None)
        dags: dict[Key, Body] = {
            Key(DAG, dag): {"version": version} for dag in self._read_by_server(waiting, file)
        }
        return {key: {"text": file.text}, **dags}

    def _waiting(self, file: KeptFile) -> Waiting | None:
        if self._server is None:
            return None
        return Waiting(self._server, self._access, file.name, file.version)

    def _read_by_server(self, waiting: Waiting | None, file: KeptFile) -> Sequence[str]:
        """The DAGs of a file, once the server has read it; none without a server."""
        if self._server is None or waiting is None:
            return ()
        for number, dag in enumerate(file.dags):
            # The flow's own DAG stays as it is.
            if waiting.for_dag(dag).is_paused and number:
                self._server.pause(dag, is_paused=False)
        return file.dags

    def _files(self) -> Iterator[KeptFile]:
        keys = self._ledger.read().entries
        found = (self._kept.read(key.name) for key in keys if key.kind == VERSION)
        return (file for file in found if file is not None)

    @cached_property
    def _seen(self) -> str:
        """A file of the deployment that is found without its record, if there is one."""
        if self._server is not None:
            return self._seen_by_server(self._server)
        if not self._access.dags:
            return ""
        found = self._sink(None).read(f"{self._name}.py")
        return found.text if found else ""

    @cached_property
    def _live_text(self) -> str:
        if self._access.dags or self._server is None:
            return self._put_text
        return self._seen_by_server(self._server)

    def _seen_by_server(self, server: Server) -> str:
        dag = server.dag(self._name)
        return server.source(dag) if dag else ""

    @property
    def _put_text(self) -> str:
        """What the sink has."""
        key = self._file_key
        if key is None:
            return ""
        newest = max(self._files(), key=lambda file: file.moment, default=None)
        sink, name = placed(key, self._sink(newest), self._kept)
        found = sink.read(name)
        return found.text if found else ""

    def _sink(self, file: KeptFile | None) -> Sink:
        return open_sink(self._access.dags or (file.sink if file else ""))

    @property
    def _file_key(self) -> Key | None:
        return next((key for key in self._ledger.read().entries if key.kind == FILE), None)

    @cached_property
    def _ledger(self) -> Ledger:
        store = self._access.store or self.store
        if not store:
            raise UsageError("say where the flow's runs are kept: `--datastore-root s3://…`")
        return Ledger(store, self.flow, TARGET, self._name)

    @property
    def _kept(self) -> KeptFiles:
        return KeptFiles(self._ledger)

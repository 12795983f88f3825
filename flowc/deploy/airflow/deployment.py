"""An Airflow as the engine of a compiled flow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from flowc.deploy.access import Access
from flowc.deploy.airflow.dag_text import is_compiled, version_of
from flowc.deploy.airflow.kept import TARGET, VERSION, KeptFile, KeptFiles, now
from flowc.deploy.airflow.parsing import Waiting
from flowc.deploy.airflow.server import Server
from flowc.deploy.airflow.sink import Sink, open_again, open_sink
from flowc.deploy.engine import Engine
from flowc.deploy.ledger import Ledger
from flowc.deploy.resources import Body, Key, Live, Resource
from flowc.errors import EngineError, InternalError
from flowc.fingerprint import sha256

FILE = "DAG file"
DAG = "DAG"

# The tag of all DAGs that flowc compiles.
_MARK = "flowc"
_BETWEEN = " in "


def connect(document: Mapping[str, Any], access: Access) -> Engine:
    """The engine that a compiled document is deployed to; nothing is asked of it yet."""
    return Deployment(document, access)


class Deployment:
    """See `Engine`. Without a server, only the file is put."""

    def __init__(self, document: Mapping[str, Any], access: Access) -> None:
        self._access = access
        self._file: str = document["dagFile"]["name"]
        self._text: str = document["dagFile"]["text"]
        self._dags: tuple[str, ...] = tuple(dag["id"] for dag in document["dags"])
        self._sink = open_sink(access.dags)
        self._server = Server(access.airflow_url) if access.airflow_url else None
        self._waiting: Waiting | None = None

    @property
    def place(self) -> str:
        """The server and the sink."""
        server = f"{self._server}, " if self._server else ""
        return f"{server}DAG files in {self._sink.place}"

    @cached_property
    def resources(self) -> Sequence[Resource]:
        """The file is kept before it is put, and put before it can be read."""
        return tuple(self._wanted())

    @property
    def kept(self) -> Collection[str]:
        """What a rollback needs."""
        return (VERSION,)

    def check(self) -> None:
        """Find out whether the sink is one, and whether the server lets this user in."""
        self._sink.check()
        if self._server:
            self._server.dag(self._dags[0])
        else:
            self._access.tell(
                "flowc: without --airflow-url the DAG file is put, and nothing is asked of Airflow"
            )

    def validate(self) -> Sequence[str]:
        """A line for each DAG that another file has, too: Airflow would take now one, now other."""
        return [line for dag in self._dags if (line := self._taken(dag))]

    def read(self, keys: Iterable[Key]) -> Mapping[Key, Live]:
        """DAGs that are no longer wanted are not looked for: Airflow itself takes them away."""
        found = {key: self._read(key) for key in keys}
        return {key: live for key, live in found.items() if live is not None}

    def create(self, resource: Resource) -> None:
        """A file is put at once; a DAG is there when the server has read its file."""
        match resource.key.kind:
            case "version":
                self._kept.write(self._kept_file())
            case "DAG file":
                self._waiting = self._wait()
                sink, name = placed(resource.key, self._sink, self._kept)
                self._keep_address(sink.place)
                sink.write(name, resource.body["text"], self._why)
            case "DAG":
                self._settle(resource)
            case kind:
                raise InternalError(f"there is no kind `{kind}` on Airflow")

    def update(self, resource: Resource, live: Live) -> None:
        """Compares the file that is there with what was read, right before."""
        if resource.key.kind == FILE and self._read(resource.key) != live:
            raise EngineError(
                f"{resource.key} has changed since it was looked at: somebody else deploys just "
                "now; look at what they do, and deploy again"
            )
        self.create(resource)

    def delete(self, key: Key) -> None:
        """A DAG goes with its file."""
        if key.kind == VERSION:
            self._kept.remove(key.name)
        elif key.kind == FILE:
            sink, name = placed(key, self._sink, self._kept)
            sink.remove(name, f"Remove {name}, which flowc deployed")
            self._keep_address(sink.place)

    def links(self) -> Sequence[str]:
        """The page of the flow's DAG."""
        return [self._server.dag_page(self._dags[0])] if self._server else []

    def _wanted(self) -> Iterator[Resource]:
        version = version_of(self._text)
        yield Resource(Key(VERSION, version), {"sha256": sha256(self._text)})
        state = {"state": self._sink.settled}
        yield Resource(file_key(self._sink, self._file), {"text": self._text}, state, insists=True)
        if self._server is None:
            return
        for number, dag in enumerate(self._dags):
            asked = self._access.is_paused if number == 0 else False
            paused = {"paused": bool(asked)}
            yield Resource(Key(DAG, dag), {"version": version}, paused, asked is not None)

    def _read(self, key: Key) -> Live | None:
        match key.kind:
            case "version":
                file = self._kept.read(key.name)
                return Live({"sha256": sha256(file.text)}, self._dags[0]) if file else None
            case "DAG file":
                return self._read_file(key)
            case "DAG" if self._server is not None and key.name in self._dags:
                return self._read_dag(key.name, self._server)
            case _:
                return None

    def _read_file(self, key: Key) -> Live | None:
        sink, name = placed(key, self._sink, self._kept)
        found = sink.read(name)
        if found is None:
            return None
        # What flowc has begun to delete has no text left.
        owner = self._dags[0] if not found.text or is_compiled(found.text) else ""
        body: Body = {"text": found.text, "state": found.state}
        return Live(body, owner, serving=version_of(found.text))

    def _read_dag(self, name: str, server: Server) -> Live | None:
        dag = server.dag(name)
        if dag is None:
            return None
        body = {"version": version_of(server.source(dag)), "paused": dag.is_paused}
        return Live(body, self._dags[0] if _MARK in dag.tags else "")

    def _settle(self, resource: Resource) -> None:
        waiting = self._waiting or self._wait()
        if self._server is None or waiting is None:
            raise InternalError("there is no server to have a DAG")
        dag = waiting.for_dag(resource.key.name)
        paused = resource.body.get("paused", dag.is_paused)
        if dag.is_paused != paused:
            self._server.pause(dag.id, is_paused=paused)

    def _wait(self) -> Waiting | None:
        if self._server is None:
            return None
        return Waiting(self._server, self._access, self._file, version_of(self._text))

    def _taken(self, name: str) -> str:
        dag = self._server.dag(name) if self._server else None
        if dag is None or self._server is None or PurePosixPath(dag.file).name == self._file:
            return ""
        if is_compiled(self._server.source(dag)):
            return ""
        return f"the DAG {name} is in {dag.file}, too: pass another --name, or delete that file"

    def _keep_address(self, place: str) -> None:
        """Keep how the sink is opened; of another place, once nothing is left there."""
        known = self._kept.read(version_of(self._text))
        if known is not None and open_sink(known.sink).place == place:
            self._kept.write(replace(known, sink=self._sink.address))

    def _kept_file(self) -> KeptFile:
        return KeptFile(self._file, self._text, self._dags, self._sink.address, now())

    @property
    def _why(self) -> str:
        return f"Deploy {self._dags[0]} with flowc, version {version_of(self._text)}"

    @cached_property
    def _kept(self) -> KeptFiles:
        access = self._access
        return KeptFiles(Ledger(access.store, access.flow, TARGET, self._dags[0]))


def file_key(sink: Sink, name: str) -> Key:
    """What a file in a sink is known by."""
    return Key(FILE, f"{name}{_BETWEEN}{sink.place}")


def placed(key: Key, sink: Sink, kept: KeptFiles) -> tuple[Sink, str]:
    """The sink of a file that is known by a key, and its name; `sink` is the one that is used."""
    name, _, place = key.name.partition(_BETWEEN)
    return open_again(place, sink, kept.addresses), name

"""A gang's members meet in the store, run together, and end together.

Each member writes a record into the gang's newest generation and waits for the others. One that
starts again finds its own record there and opens the next generation. Whoever still waits moves
on to that; whoever already runs the step ends, so that its next attempt joins as well. Clocks of
different machines are never compared.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress

from flowc.runtime.errors import FlowError, GangError, RefusalError
from flowc.runtime.host import address, agreed_port, free_port, variables
from flowc.runtime.nodes import gang_seconds, is_node, main_address
from flowc.runtime.store import FileStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.runtime.store import Store

_FIRST_PAUSE = 0.05
_BEAT_SECONDS = 30

_HERE, _ENDED, _GONE = ".json", ".end", ".gone"


class Place:
    """Which member of which gang: `key` is the gang's own in the store, `control` its first task.

    `is_last` says that the member will not be started again if this attempt fails.
    """

    __slots__ = ("control", "index", "is_last", "key", "size")

    def __init__(self, key: str, *, control: str, index: int, size: int, is_last: bool) -> None:
        self.key = key
        self.control = control
        self.index = index
        self.size = size
        self.is_last = is_last


class Gang:
    """One attempt of a member: inside the context, it runs together with the others."""

    def __init__(self, store: Store, place: Place) -> None:
        self._store = store
        self._place = place
        self._own = str(place.index)
        self._timeout = gang_seconds()
        # To look costs a little time in a folder, but money in a bucket.
        self._pause = 1 if isinstance(store, FileStore) else 5
        self._generation = 0
        self._watch: _Watch | None = None
        self._signs = _Signs(self._timeout)

    def __enter__(self) -> None:
        """Wait for the other members; from then on the environment tells the step of them."""
        place = self._place
        given = _given_main()
        if given is None and place.size > 1:
            main = self._meet()
            main["ip"] = main_address() or main["ip"]
            self._watch = _Watch(self, self._pause, min(_BEAT_SECONDS, self._timeout / 4))
        else:
            port = agreed_port(place.key) if given else free_port(place.key)
            main = {"ip": given or address(), "port": port}
        os.environ.update(variables(place, main["ip"], main["port"]))

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._stop()
        will_return = not self._place.is_last and not isinstance(error, RefusalError)
        # The nodes of a job all start again, or none.
        if error is not None and (is_node() or not will_return):
            # What failed before must not be hidden by a store that fails too.
            with suppress(OSError, FlowError):
                self.leave()

    def leave(self) -> None:
        """Let the others know that this member will not be with them any more."""
        self._stop()
        if self._place.size > 1:
            self._write(self._newest() + 1, f"{self._own}{_GONE}", {})

    def finish(self) -> None:
        """Wait until all members have run the step; before that, none of them commits."""
        if self._watch is None:
            return
        self._write(self._generation, f"{self._own}{_ENDED}", {})
        pauses, seen = _Pauses(self._pause), _Signs(self._timeout)
        while missing := self._missing(_ENDED):
            still = seen.still(self._read(self._generation, name) for name in missing)
            if still:
                raise GangError(
                    f"{self._count(missing)} have run the step; no sign of life for "
                    f"{self._timeout} s from {_named(still)}"
                )
            pauses.pause()
        self._stop()

    def latest(self) -> list[str]:
        """Who has opened a newer generation than this one; nobody as long as there is none."""
        newest = self._newest()
        return self._names(newest) if newest > self._generation else []

    def silent(self) -> list[str]:
        """Who of the other nodes of a job shows no sign of life; only its main node looks."""
        if self._place.index != 0 or not is_node():
            return []
        others = map(str, range(1, self._place.size))
        return self._signs.still(self._read(self._generation, other) for other in others)

    def beat(self) -> None:
        """Give a sign of life."""
        own = self._read(self._generation, self._own)
        own["beat"] += 1
        self._write(self._generation, f"{self._own}{_HERE}", own)

    def _meet(self) -> dict[str, Any]:
        """The first member's record, once all are there."""
        newest = self._newest()
        self._join(newest + self._is_closed(newest) if newest >= 0 else 0)
        pauses, deadline = _Pauses(self._pause), time.monotonic() + self._timeout
        while True:
            missing = self._missing(_HERE)
            # On a file system that several machines share, a name may be seen before its file.
            main = {} if missing else self._read(self._generation, "0")
            if "ip" in main:
                return main
            newest = self._newest()
            if newest > self._generation:
                self._check_open(newest)
                self._join(newest)
                pauses, deadline = _Pauses(self._pause), time.monotonic() + self._timeout
            elif time.monotonic() >= deadline:
                who = ", ".join(missing or "0")
                raise GangError(f"{self._count(missing)} after {self._timeout} s; missing: {who}")
            else:
                pauses.pause()

    def _check_open(self, generation: int) -> None:
        gone = [name for name in self._names(generation) if name.endswith(_GONE)]
        if gone:
            members = [name.partition(".")[0] for name in gone]
            raise GangError(f"{_named(members)} will not come any more")

    def _is_closed(self, generation: int) -> bool:
        names = self._names(generation)
        return f"{self._own}{_HERE}" in names or any(name.endswith(_GONE) for name in names)

    def _join(self, generation: int) -> None:
        self._generation = generation
        self._write(generation, f"{self._own}{_HERE}", self._introduction(address()))

    def _introduction(self, ip: str) -> dict[str, Any]:
        port = free_port(f"{self._place.key}/{self._generation}") if self._place.index == 0 else 0
        return {"ip": ip, "port": port, "time": time.time(), "beat": 0}

    def _newest(self) -> int:
        names = self._store.names(self._place.key)
        return max((int(name[1:]) for name in names if name[1:].isdecimal()), default=-1)

    def _missing(self, suffix: str) -> list[str]:
        names = set(self._names(self._generation))
        members = map(str, range(self._place.size))
        return [member for member in members if f"{member}{suffix}" not in names]

    def _count(self, missing: list[str]) -> str:
        return f"{self._place.size - len(missing)} of {self._place.size} members"

    def _names(self, generation: int) -> list[str]:
        return self._store.names(f"{self._place.key}/g{generation}")

    def _read(self, generation: int, member: str) -> dict[str, Any]:
        content = self._store.read(f"{self._place.key}/g{generation}/{member}{_HERE}")
        return {**json.loads(content or b"{}"), "member": member}

    def _write(self, generation: int, name: str, entries: dict[str, Any]) -> None:
        key = f"{self._place.key}/g{generation}/{name}"
        self._store.write(key, json.dumps(entries).encode())

    def _stop(self) -> None:
        if self._watch:
            self._watch.stop()
            self._watch = None


class _Watch:
    """Ends the process as soon as there is a newer generation, and gives signs of life."""

    def __init__(self, gang: Gang, pause: float, every: float) -> None:
        from threading import Event, Thread  # noqa: PLC0415 (only a gang needs them)

        self._gang = gang
        self._pause = pause
        self._every = every
        self._over = Event()
        self._thread = Thread(target=self._run, name="flowc-gang", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        beat = time.monotonic()
        while not self._over.wait(self._pause):
            # A store that does not answer now may do so in the next round.
            with suppress(Exception):
                latest = self._gang.latest()
                if latest and not self._over.is_set():
                    _end(latest)
                if time.monotonic() - beat >= self._every:
                    beat = time.monotonic()
                    self._gang.beat()
                    silent = self._gang.silent()
                    if silent and not self._over.is_set():
                        _end(silent, "waits in vain for")


class _Pauses:
    """Short pauses at first, then longer ones."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._next = _FIRST_PAUSE

    def pause(self) -> None:
        time.sleep(self._next)
        self._next = min(self._next * 1.5, self._longest)


class _Signs:
    """Who has shown no sign of life for so many seconds, by this machine's own clock."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._seen: dict[str, tuple[int, float]] = {}

    def still(self, records: Any) -> list[str]:
        found = []
        for record in records:
            member, beat, now = record["member"], record.get("beat", 0), time.monotonic()
            if self._seen.get(member, (-1, now))[0] != beat:
                self._seen[member] = (beat, now)
            if now - self._seen[member][1] >= self._seconds:
                found.append(member)
        return found


def _end(names: list[str], why: str = "starts again with") -> None:
    # The step may be inside of a call that no exception ends; the streams may be in use by it.
    who = _named(sorted({name.partition(".")[0] for name in names}))
    said = f"flowc: the gang {why} {who}; this member ends to join it\n"
    os.write(2, said.encode())
    os._exit(1)


def _named(members: list[str]) -> str:
    return f"member{'s' if len(members) > 1 else ''} {', '.join(members)}"


def _given_main() -> str | None:
    """The address of the first member, where the engine has brought the members together."""
    return os.environ.get("MF_PARALLEL_MAIN_IP")

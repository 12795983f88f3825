"""This machine as the other members of a gang see it, and what a step is told of its gang."""

from __future__ import annotations

import os
import socket
import zlib
from contextlib import closing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.runtime.gang import Place

# The variable by which an engine says at which address members reach each other.
ADDRESS = "FLOWC_GANG_IP"

# Below the ports that systems give to outgoing connections.
_FIRST_PORT = 20_000
_PORTS = 10_000

# Of a block for documentation, which nothing is sent to.
_ELSEWHERE = ("192.0.2.1", 9)


def address() -> str:
    """The address of this machine or pod, or of this machine to itself if it has no other."""
    told = os.environ.get(ADDRESS) or os.environ.get("POD_IP")
    if told:
        return told
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as route:
        try:
            route.connect(_ELSEWHERE)
        except OSError:
            return "127.0.0.1"
        return str(route.getsockname()[0])


def agreed_port(key: str) -> int:
    """The port that `MASTER_PORT` names, or else one that only depends on the key."""
    told = os.environ.get("MASTER_PORT", "")
    return int(told) if told.isdecimal() else _FIRST_PORT + zlib.crc32(key.encode()) % _PORTS


def free_port(key: str) -> int:
    """The agreed port, or the next one if somebody on this machine listens there already."""
    first = agreed_port(key)
    if os.environ.get("MASTER_PORT", "").isdecimal():
        return first
    return next(filter(_is_free, range(first, first + _PORTS)), first)


def variables(place: Place, main: str, port: int) -> dict[str, str]:
    """The environment of a member, by the names of Metaflow, of torch, and plain ones."""
    index, size = str(place.index), str(place.size)
    return {
        "MF_PARALLEL_MAIN_IP": main,
        "MF_PARALLEL_NUM_NODES": size,
        "MF_PARALLEL_NODE_INDEX": index,
        "MF_PARALLEL_CONTROL_TASK_ID": place.control,
        "MAIN_IP": main,
        "NUM_NODES": size,
        "NODE_INDEX": index,
        "MASTER_ADDR": main,
        "MASTER_PORT": str(port),
        "WORLD_SIZE": size,
        "RANK": index,
        "LOCAL_WORLD_SIZE": "1",
        "LOCAL_RANK": "0",
        "NODE_RANK": index,
        "GROUP_RANK": index,
    }


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True

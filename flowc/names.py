"""Names that engines accept, made from the names of flows and steps."""

from __future__ import annotations

import re
from itertools import chain, count

from flowc.fingerprint import sha256

# Kubernetes cuts off DNS labels, and so names of most of its objects, at this length:
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names
DNS_LABEL_LIMIT = 63

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def step_label(step: str) -> str:
    """The DNS label of a step: `fit_model` gives `fit-model`.

    A step whose name cannot be had back from that ends in a hash of it, so that two steps never
    share a label.
    """
    label = step.replace("_", "-")
    return label if _is_dns_label(label) else _hashed(step)


def flow_label(flow: str) -> str:
    """The DNS label of a flow: `TrainFlow` gives `train-flow`."""
    label = _WORD_START.sub("-", flow).replace("_", "-").lower().strip("-")
    return label if _is_dns_label(label) else _hashed(flow)


def project_label(project: str, branch: str, flow: str) -> str:
    """The name of a flow's deployment from a branch: `ml.test.fast.train-flow`.

    Its words are DNS labels, and all of it is short enough for the value of a label.
    """
    words = [project, *(word for word in branch.split(".") if word)]
    return shortened(".".join([*map(step_label, words), flow_label(flow)]))


def shortened(name: str, limit: int = DNS_LABEL_LIMIT) -> str:
    """The name itself, or its beginning and a hash of all of it where it is longer."""
    return name if len(name) <= limit else _with_hash(name, name, limit)


class Names:
    """Hands out names of at most `limit` characters, each once."""

    def __init__(self, limit: int = DNS_LABEL_LIMIT) -> None:
        self._limit = limit
        self._taken: set[str] = set()

    def take(self, wanted: str) -> str:
        """The wanted name if it is free, else `wanted-2`, `wanted-3` and so on."""
        numbered = (f"{wanted}-{number}" for number in count(2))
        candidates = (shortened(name, self._limit) for name in chain([wanted], numbered))
        free = next(name for name in candidates if name not in self._taken)
        self._taken.add(free)
        return free


def _is_dns_label(name: str) -> bool:
    return len(name) <= DNS_LABEL_LIMIT and _DNS_LABEL.fullmatch(name) is not None


def _hashed(name: str) -> str:
    readable = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return _with_hash(readable, name, DNS_LABEL_LIMIT)


def _with_hash(readable: str, name: str, limit: int) -> str:
    suffix = sha256(name)[:8]
    beginning = readable[: limit - len(suffix) - 1].rstrip("-")
    return f"{beginning}-{suffix}" if beginning else suffix

"""Every step decorator of Metaflow's core, with each of its arguments and what it may be."""

from __future__ import annotations

from collections.abc import Mapping

from flowc.passes.arguments import kinds

_ENVIRONMENT: Mapping[str, kinds.Kind] = {
    "packages": kinds.texts_by_name,
    "python": kinds.scalar,
    "disabled": kinds.truth,
}
_SMALL: Mapping[str, Mapping[str, kinds.Kind]] = {
    "card": {
        "type": kinds.text,
        "id": kinds.text,
        "options": kinds.mapping,
        "scope": kinds.text,
        "rank": kinds.text,
        "timeout": kinds.number,
        "save_errors": kinds.truth,
        "customize": kinds.truth,
        "refresh_interval": kinds.number,
    },
    "catch": {"var": kinds.name, "print_exception": kinds.truth},
    "conda": {**_ENVIRONMENT, "libraries": kinds.texts_by_name},
    "environment": {"vars": kinds.texts_by_name},
    "parallel": {},
    "pypi": _ENVIRONMENT,
    "resources": {**kinds.SIZES, "disk": kinds.above_zero},
    "retry": {"times": kinds.whole, "minutes_between_retries": kinds.number},
    "timeout": dict.fromkeys(("seconds", "minutes", "hours"), kinds.whole),
}
_LARGE = ("batch", "kubernetes", "secrets")

STEP_DECORATORS = tuple(sorted((*_SMALL, *_LARGE)))

# No manifest holds what these are given, so that it may well be known only when a step runs.
IN_NO_MANIFEST = frozenset({"card", "conda", "parallel", "pypi"})


def arguments_of(decorator: str) -> Mapping[str, kinds.Kind] | None:
    """The arguments of a step decorator by name; None if it is not one of Metaflow's core."""
    # Each of the large ones is loaded only for a flow that has it.
    match decorator:
        case "batch":
            from flowc.passes.arguments.batch import ARGUMENTS as OF_BATCH  # noqa: PLC0415

            return OF_BATCH
        case "kubernetes":
            from flowc.passes.arguments.kubernetes import ARGUMENTS as OF_PODS  # noqa: PLC0415

            return OF_PODS
        case "secrets":
            from flowc.passes.arguments.secret_sources import ARGUMENTS as OF_SECRETS  # noqa: PLC0415

            return OF_SECRETS
        case _:
            return _SMALL.get(decorator)

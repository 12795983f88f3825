"""What the arguments of `@secrets` may be."""

from __future__ import annotations

from collections.abc import Mapping

from flowc.ir.flow import Value
from flowc.ir.secret_sources import SecretSource
from flowc.passes.arguments import kinds

_TEXTS: Mapping[str, kinds.Kind] = {"id": kinds.text, "type": kinds.text, "role": kinds.text}
_OPTIONS: Mapping[str, kinds.Kind] = {
    "env_var_name": kinds.text,
    "json": kinds.truth,
    "region": kinds.text,
    "variables": kinds.texts,
}


def sources(value: Value) -> tuple[SecretSource, ...]:
    """The sources in order, each given as `backend.id`, as `id` or as a dictionary."""
    return kinds.each_of(value, _source, "a list of strings or dictionaries")


def _source(value: Value) -> SecretSource:
    match value:
        case str():
            # Only what stands before the first dot names a backend: a secret may have dots.
            backend, dot, rest = value.partition(".")
            return SecretSource(rest, backend) if dot else SecretSource(value)
        case Mapping():
            return _of_mapping(value)
        case _:
            raise kinds.UnfitError(value, "a string or dictionary")


def _of_mapping(given: Mapping[str, Value]) -> SecretSource:
    if given.get("id") is None:
        kinds.refuse(given, "an `id`")
    found = {
        key: kinds.inside(f"[{key!r}]", kind, given[key])
        for key, kind in _TEXTS.items()
        if given.get(key) is not None
    }
    options = kinds.inside("['options']", _options, given.get("options", {}))
    return SecretSource(found["id"], found.get("type", ""), found.get("role", ""), options)


def _options(value: Value) -> Mapping[str, Value]:
    """The options, of which a backend of an extension's may have others."""
    given = {key: of for key, of in kinds.mapping(value).items() if of is not None}
    return {
        key: kinds.inside(f"[{key!r}]", _OPTIONS.get(key, _same), of) for key, of in given.items()
    }


def _same(value: Value) -> Value:
    return value


ARGUMENTS: Mapping[str, kinds.Kind] = {
    "sources": sources,
    "role": kinds.text,
    "allow_override": kinds.truth,
}

"""What the arguments of `@batch` may be, by the rules of Metaflow and of AWS."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flowc.ir.flow import Value
from flowc.passes.arguments import kinds

# https://docs.aws.amazon.com/batch/latest/userguide/using-tags.html#tag-restrictions
_TAG = re.compile(r"[A-Za-z0-9\s+\-=._:/@]*")
_MOST_OF_A_KEY = 128
_MOST_OF_A_VALUE = 256


def aws_tags(value: Value) -> dict[str, str]:
    """Tags with keys and values that AWS takes."""
    found = kinds.pairs(value)
    for key in found:
        _check(key, _MOST_OF_A_KEY, "keys")
    return {key: kinds.inside(f"[{key!r}]", _tag_value, of) for key, of in found.items()}


def _tag_value(value: Value) -> str:
    return _check(kinds.text(value), _MOST_OF_A_VALUE, "text")


def _check(text: str, most: int, what: str) -> str:
    if text.lower().startswith("aws:"):
        kinds.refuse(text, f"{what} not starting with `aws:`")
    if not _TAG.fullmatch(text) or len(text) > most:
        kinds.refuse(text, f"{what} of at most {most} letters, digits, spaces and `+-=._:/@`")
    return text


def log_options(value: Value) -> tuple[str, ...]:
    """Options of a log driver, each as `key:value`."""
    found = kinds.texts(value)
    fits = all(":" in option for option in found)
    return found if fits else kinds.refuse(value, "a list of texts such as `awslogs-group:jobs`")


ARGUMENTS: Mapping[str, kinds.Kind] = {
    **kinds.SIZES,
    **kinds.TMPFS,
    "image": kinds.text,
    "queue": kinds.text,
    "iam_role": kinds.text,
    "execution_role": kinds.text,
    "host_volumes": kinds.texts,
    "efs_volumes": kinds.texts,
    "ephemeral_storage": kinds.unless_zero(kinds.whole_number_in(21, 200)),
    "privileged": kinds.truth,
    "max_swap": kinds.whole,
    "swappiness": kinds.whole_number_in(0, 99),
    "inferentia": kinds.whole,
    "trainium": kinds.whole,
    "efa": kinds.whole,
    "log_driver": kinds.text,
    "log_options": log_options,
    "aws_batch_tags": aws_tags,
    "executable": kinds.text,
}

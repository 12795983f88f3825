"""Statements of policies, and the ARNs that several of them name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from flowc.ir.flow import Flow
from flowc.targets.bucket import Bucket
from flowc.targets.job_definitions import definitions_name
from flowc.targets.step_functions.naming import PARTITION, arn

Statement: TypeAlias = dict[str, Any]


def policy(statements: Iterable[Statement]) -> dict[str, Any]:
    """A policy of those statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: list[str], resources: Iterable[str], **rest: Any) -> Statement:
    """A statement that allows actions on each of the resources."""
    found = list(dict.fromkeys(resources))
    return {"Effect": "Allow", "Action": actions, "Resource": found, **rest}


def passing(roles: Iterable[str], service: str) -> Statement:
    """A statement that allows to give roles to a service."""
    condition = {"StringEquals": {"iam:PassedToService": service}}
    return allow(["iam:PassRole"], roles, Condition=condition)


def definitions_of(flow: Flow) -> str:
    """The ARN of all job definitions that a flow has had."""
    return arn("batch", f"job-definition/{definitions_name(flow.name)[:115]}-*")


def families_of(flow: Flow) -> str:
    """The ARN of all task definitions that a flow has had."""
    return arn("ecs", f"task-definition/{definitions_name(flow.name)[:115]}-*:*")


def objects(bucket: Bucket, below: str) -> str:
    """The ARN of the objects that the store has below a key."""
    return f"arn:{PARTITION}:s3:::{bucket.name}/{bucket.key(below)}"


def listing(bucket: Bucket, below: str) -> Statement:
    """A statement that allows to look through the store below a key.

    It also lets S3 say that a key is missing, which without it is an access that is denied. As
    who asks for a key names no prefix, the condition only counts for those who name one.
    """
    place = f"arn:{PARTITION}:s3:::{bucket.name}"
    condition = {"StringLikeIfExists": {"s3:prefix": [bucket.key(below)]}}
    return allow(["s3:ListBucket"], [place], Condition=condition)

"""A secret of AWS Secrets Manager makes the variables that it makes under Metaflow."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from flowc.runtime.aws_secrets import fetch
from flowc.runtime.errors import RefusalError
from flowc.runtime.secret_sources import Secret

if TYPE_CHECKING:
    from s3_server import Server

# Each secret as it is created, and the options that it is asked for with.
SECRETS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "object": ({"SecretString": '{"a-b": "1", "c.d/e": 2, "F": null, "g": true}'}, {}),
    "nested": ({"SecretString": '{"a": {"b": [1, 2.5]}, "é": "é"}'}, {}),
    "empty": ({"SecretString": "{}"}, {}),
    "text": ({"SecretString": "pass word"}, {"json": False}),
    "a/text-of.parts": ({"SecretString": "x"}, {"json": False}),
    "named": ({"SecretString": "x"}, {"json": False, "env_var_name": "A-B"}),
    "named-object": ({"SecretString": '{"a": "1"}'}, {"env_var_name": "B"}),
    "bytes": ({"SecretBinary": b"\x00\xff"}, {}),
    "named-bytes": ({"SecretBinary": b"\x00\xff"}, {"env_var_name": "B"}),
    "role": ({"SecretString": '{"a": "1"}'}, {"role": "arn:aws:iam::123456789012:role/r"}),
    "no-json": ({"SecretString": "pass word"}, {}),
    "list": ({"SecretString": "[1]"}, {}),
    "twice": ({"SecretString": '{"a.b": "1", "a-b": "2"}'}, {}),
    "gone": ({}, {}),
}
WORKER = """
import json, sys
from metaflow.plugins.aws.secrets_manager.aws_secrets_manager_secrets_provider import (
    AwsSecretsManagerSecretsProvider as Provider,
)

found = {}
for name, options in json.load(sys.stdin).items():
    try:
        found[name] = Provider().get_secret_as_dict(name, options, options.pop("role", None))
    except Exception as error:
        found[name] = None
json.dump(found, sys.stdout)
"""


@pytest.fixture
def metaflows(s3: Server) -> dict[str, Any]:  # noqa: ARG001 (it sets the environment)
    """What Metaflow makes of each secret; `None` where it refuses it."""
    client = boto3.client("secretsmanager")
    for name, (content, _) in SECRETS.items():
        if content:
            client.create_secret(Name=name, **content)
    client.close()
    asked = {name: options for name, (_, options) in SECRETS.items()}
    done = subprocess.run(
        [sys.executable, "-c", WORKER],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def ours(name: str) -> dict[str, str] | None:
    options = dict(SECRETS[name][1])
    role = options.pop("role", "")
    entry = {"id": name, "type": "aws-secrets-manager", "options": options, "role": role}
    try:
        return fetch(Secret("start", entry, ""))
    except RefusalError:
        return None


def test_the_variables_of_a_secret_are_the_same(metaflows: dict[str, Any]) -> None:
    assert {name: ours(name) for name in SECRETS} == metaflows
    assert metaflows["object"] == {"a_b": "1", "c_d_e": "2", "F": "None", "g": "True"}
    assert [name for name, found in metaflows.items() if found is None] == [
        "no-json",
        "list",
        "twice",
        "gone",
    ]

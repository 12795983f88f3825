"""What `@kubernetes` asks for, as Metaflow and Kubernetes take it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passes.applied import apply, told

from flowc.ir.pod import Pod, Qos, SecurityContext, Toleration

PODS = {
    "namespace='ml'": Pod(namespace="ml"),
    "service_account='trainer'": Pod(service_account="trainer"),
    "compute_pool='gpus'": Pod(compute_pool="gpus"),
    "node_selector={'kubernetes.io/os': 'linux'}": Pod(node_selector={"kubernetes.io/os": "linux"}),
    "node_selector='a=b,c=d'": Pod(node_selector={"a": "b", "c": "d"}),
    "node_selector=['a=b', 'c=']": Pod(node_selector={"a": "b", "c": ""}),
    "labels={'team': 'ml', 'tier': 1, 'empty': None}": Pod(
        labels={"team": "ml", "tier": "1", "empty": ""}
    ),
    "labels='team=ml,flagged'": Pod(labels={"team": "ml", "flagged": ""}),
    "labels={}": None,
    "annotations={'example.com/note': 'a, b = c'}": Pod(
        annotations={"example.com/note": "a, b = c"}
    ),
    "annotations=['note=a']": Pod(annotations={"note": "a"}),
    "tolerations=[{'key': 'gpu', 'operator': 'Exists', 'effect': 'NoSchedule'}]": Pod(
        tolerations=(Toleration("gpu", "Exists", effect="NoSchedule"),)
    ),
    "tolerations=[{'operator': 'Exists'}, {'key': 'a', 'value': 1, 'effect': None}]": Pod(
        tolerations=(Toleration(operator="Exists"), Toleration("a", value="1"))
    ),
    "tolerations=[{'key': 'a', 'effect': 'NoExecute', 'toleration_seconds': 60}]": Pod(
        tolerations=(Toleration("a", effect="NoExecute", toleration_seconds=60),)
    ),
    "tolerations=[{'key': 'a', 'operator': '', 'effect': ''}]": Pod(tolerations=(Toleration("a"),)),
    "tolerations=[]": None,
    "gpu_vendor='', image_pull_policy='', namespace='', compute_pool=''": None,
    "image_pull_policy='Always'": Pod(image_pull_policy="Always"),
    "image_pull_secrets=['one', 'two']": Pod(image_pull_secrets=("one", "two")),
    "secrets='one'": Pod(secrets=("one",)),
    "secrets='one, two'": Pod(secrets=("one", "two")),
    "persistent_volume_claims={'shared': '/mnt/shared'}": Pod(
        persistent_volume_claims={"shared": "/mnt/shared"}
    ),
    "port=8080": Pod(port=8080),
    "port='8080'": Pod(port=8080),
    "port=0": None,
    "qos='guaranteed'": Pod(qos=Qos.GUARANTEED),
    "qos='Burstable'": Pod(qos=Qos.BURSTABLE),
    "extended_resources={'vendor.example/card': 2, 'hugepages-2Mi': '64Mi'}": Pod(
        extended_resources={"vendor.example/card": "2", "hugepages-2Mi": "64Mi"}
    ),
    "security_context={'run_as_user': 0, 'privileged': False, 'run_as_group': None}": Pod(
        security_context=SecurityContext(privileged=False, run_as_user=0)
    ),
    "security_context={}": None,
    "executable='python3'": Pod(executable="python3"),
    "hostname_resolution_timeout=60": Pod(hostname_resolution_timeout=60),
    "cpu=2, memory=100": None,
}


@pytest.mark.parametrize("arguments", PODS)
def test_arguments_are_kept_in_the_words_of_kubernetes(arguments: str) -> None:
    step, found = apply(f"@kubernetes({arguments})")

    assert step.pod == PODS[arguments]
    assert found == []


@pytest.mark.parametrize(
    ("arguments", "place", "expected"),
    [
        ("namespace='Not A Name'", "namespace", "small letters, digits"),
        ("namespace=0", "namespace", "a string"),
        ("node_selector='a'", "node_selector", "a dictionary of strings, or `name=value`"),
        ("node_selector='a=b,a=c'", "node_selector", "a dictionary of strings, or `name=value`"),
        ("node_selector={'a': True}", "node_selector['a']", "a string"),
        ("node_selector={'a': None}", "node_selector['a']", "a string"),
        ("labels=1", "labels", "a dictionary of strings"),
        ("labels={'a': 'b c'}", "labels['a']", "at most 63 letters"),
        ("labels={'a': '-b'}", "labels['a']", "at most 63 letters"),
        ("labels={'a': 64 * 'b'}", "labels['a']", "at most 63 letters"),
        ("labels={'a b': 'c'}", "labels", "names of at most 63 letters"),
        ("labels={'Example.com/a': 'c'}", "labels", "names of at most 63 letters"),
        ("annotations={'/a': 'c'}", "annotations", "names of at most 63 letters"),
        ("annotations={'a': ['c']}", "annotations['a']", "a string"),
        ("tolerations='gpu'", "tolerations", "a list of dictionaries"),
        ("tolerations=['gpu']", "tolerations[0]", "a toleration, a dictionary"),
        ("tolerations=[{'tolerationSeconds': 1}]", "tolerations[0]", "no other keys than `key`"),
        ("tolerations=[{'key': 1}]", "tolerations[0]['key']", "a string"),
        (
            "tolerations=[{'key': 'a', 'operator': 'exists'}]",
            "tolerations[0]['operator']",
            "`Equal`, `Exists`",
        ),
        (
            "tolerations=[{'key': 'a', 'effect': 'NoRun'}]",
            "tolerations[0]['effect']",
            "`NoSchedule`, `PreferNoSchedule` or `NoExecute`",
        ),
        ("tolerations=[{'value': 'a'}]", "tolerations[0]", "a `key`, or the `operator` `Exists`"),
        (
            "tolerations=[{'operator': 'Exists', 'value': 'a'}]",
            "tolerations[0]",
            "no `value` where `operator` is `Exists`",
        ),
        (
            "tolerations=[{'key': 'a', 'toleration_seconds': 1}]",
            "tolerations[0]",
            "the `effect` `NoExecute`",
        ),
        ("image_pull_policy='always'", "image_pull_policy", "`Always`, `IfNotPresent` or `Never`"),
        ("image_pull_secrets=['a', 1]", "image_pull_secrets", "a list of strings"),
        ("secrets=['A']", "secrets", "small letters, digits"),
        ("persistent_volume_claims=['/mnt']", "persistent_volume_claims", "a dictionary"),
        ("persistent_volume_claims={'a': 'mnt'}", "persistent_volume_claims['a']", "a full path"),
        ("port=65536", "port", "a whole number from 1 to 65535"),
        ("port=-1", "port", "a whole number from 1 to 65535"),
        ("qos='BestEffort'", "qos", "`Guaranteed` or `Burstable`"),
        ("gpu_vendor='intel'", "gpu_vendor", "`nvidia` or `amd`"),
        ("extended_resources={'a': 'some'}", "extended_resources['a']", "a quantity"),
        ("extended_resources={'a b': '1'}", "extended_resources", "names of at most 63"),
        ("security_context={'run_as': 1}", "security_context", "no other keys than `privileged`"),
        ("security_context={'run_as_user': 'me'}", "security_context['run_as_user']", "a whole"),
        ("security_context=True", "security_context", "what the container may do, a dictionary"),
        ("compute_pool='a b'", "compute_pool", "at most 63 letters"),
    ],
)
def test_what_kubernetes_would_refuse_is_told(arguments: str, place: str, expected: str) -> None:
    ((code, message, hint),) = told(f"@kubernetes({arguments})")

    assert code == "FC301"
    assert message.endswith(f" for `{place}`")
    assert hint.startswith(f"give `{place}` {expected}")


def test_each_unknown_argument_of_a_manifest_is_told() -> None:
    codes = [code for code, _, _ in told("@kubernetes(labels=LABELS, qos=QOS, port=2)")]

    assert codes == ["FC401", "FC401"]


@settings(deadline=None)
@given(st.text("aZ09-_. ä", max_size=66))
def test_values_of_labels_are_those_that_metaflow_takes(value: str) -> None:
    kube = pytest.importorskip("metaflow.plugins.kubernetes.kube_utils")
    try:
        kube.validate_kube_labels({"a": value})
    except kube.KubernetesException:
        refused = True
    else:
        refused = False

    assert bool(told(f"@kubernetes(labels={{'a': {value!r}}})")) is refused

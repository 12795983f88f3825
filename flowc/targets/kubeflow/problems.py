"""What Kubeflow Pipelines makes of a flow: the problems, each with its page."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.diagnostics import Finding, Severity, Span, problem
from flowc.targets.pods import STORE_CLAIM
from flowc.targets.wording import enumerated

# What the API server reads of a file, and its `MaxFileLength`:
# https://github.com/kubeflow/pipelines/blob/master/backend/src/apiserver/common/const.go
MAX_FILE_BYTES = 32 << 20
# The workflow that a pipeline becomes is an object of Kubernetes, which etcd keeps in one piece.
MAX_OBJECT_BYTES = 1_000_000


@problem("FC690")
def no_common_store(span: Span) -> Finding:
    """No store is named.

    ## Why is this bad?
    Tasks run in pods, each with a file system of its own, and meet only in the store.

    ## Example
        flowc compile flow.py --target kubeflow

    ## Use instead
        flowc compile flow.py --target kubeflow --datastore-root s3://my-bucket/flows
    """
    return Finding(
        span,
        "no store is named, and pods meet nowhere else",
        hint="pass `--datastore-root` with a bucket",
    )


@problem("FC691", Severity.WARNING)
def no_image_for_pipeline(span: Span, steps: Sequence[str], default: str) -> Finding:
    r"""No image is named for a step.

    ## Why is this bad?
    The pods of the step would run an image that holds neither flowc nor the flow's code. With
    `--package`, tasks fetch both, and any image with Python will do.

    ## Example
        flowc compile flow.py --target kubeflow --datastore-root s3://my-bucket/flows

    ## Use instead
        flowc compile flow.py --target kubeflow --datastore-root s3://my-bucket/flows \
            --image registry.example.com/train:1.4
    """
    return Finding(
        span,
        f"no image is named for {enumerated(steps)}: the pods would run `{default}`, "
        "which holds neither flowc nor the flow's code",
        hint="pass `--image` with an image that holds both, or `--package`",
    )


@problem("FC692")
def placeholder_in_value(span: Span, place: str) -> Finding:
    """A value holds `{{`, which would be taken for a placeholder.

    ## Why is this bad?
    Kubeflow Pipelines replaces `{{$…}}` in images, words and constants, and becomes a workflow of
    Argo, which replaces any other `{{…}}`. There is no way to write two braces as text. The step
    would get another value than the flow says, or the run would be refused.

    ## Example
        @environment(vars={"PROMPT": "Dear {{name}}"})
        @step
        def start(self):
            self.next(self.end)

    ## Use instead
        @step
        def start(self):
            self.prompt = "Dear {{name}}"
            self.next(self.end)
    """
    return Finding(
        span,
        f"{place} holds `{{{{`, which Kubeflow Pipelines would take for a placeholder",
        hint="write the value so that no two braces meet, or set it inside a step",
    )


@problem("FC693", Severity.WARNING)
def argument_no_pipeline_has(span: Span, decorator: str, argument: str) -> Finding:
    """A step asks for what no task of a pipeline can have.

    ## Why is this bad?
    The step runs without it, or with a part of it. A run has one namespace and one service account
    for all of its pods. A pipeline can say nothing of ports and of ephemeral storage, names one
    kind of device for each task, and lets no container be privileged. The queues, roles and devices
    of AWS Batch are nothing to Kubernetes.

    ## Example
        @kubernetes(service_account="trainer", disk=50000)

    ## Use instead
        @kubernetes(persistent_volume_claims={"scratch": "/scratch"})

    and name the service account where the run is started.
    """
    hint = _INSTEAD.get(argument, f"remove `{argument}`, or compile for an engine that has it")
    effect = "only part of its effect" if argument in _PARTLY else "no effect"
    return Finding(span, f"`{argument}` of `@{decorator}` has {effect} on Kubeflow Pipelines", hint)


_INSTEAD = {
    "namespace": "start the run in that namespace",
    "service_account": "name the service account where the run is started",
    "disk": "mount a volume by `persistent_volume_claims`",
    "extended_resources": "ask for one kind of device in each step",
    "security_context": "leave out what lets the container do more than others",
}
_PARTLY = frozenset({"extended_resources", "security_context"})


@problem("FC694", Severity.WARNING)
def decorator_no_pipeline_has(span: Span, decorator: str) -> Finding:
    """A decorator of the flow asks for something that no pipeline holds.

    ## Why is this bad?
    A pipeline says what a run does, and nothing of when one begins: no schedule and no event
    starts it, and nothing waits.

    ## Example
        @schedule(daily=True)
        class TrainFlow(FlowSpec):

    ## Use instead
    Make a recurring run of the pipeline, or let something else start its runs.
    """
    return Finding(
        span,
        f"`@{decorator}` has no effect on Kubeflow Pipelines yet",
        hint="start runs by a recurring run of the pipeline, or by its API",
    )


@problem("FC695")
def folder_of_pipeline_mounted_twice(span: Span, step: str, argument: str, path: str) -> Finding:
    """A step asks for a volume in a folder where its pod has another.

    ## Why is this bad?
    Kubernetes refuses a pod with two volumes in one folder. Besides those that a step asks for,
    each pod has the folders of Kubeflow Pipelines' own, and a store of files.

    ## Example
        @kubernetes(use_tmpfs=True, tmpfs_path="/scratch",
                    persistent_volume_claims={"shared": "/scratch"})

    ## Use instead
        @kubernetes(use_tmpfs=True, tmpfs_path="/scratch",
                    persistent_volume_claims={"shared": "/shared"})
    """
    return Finding(
        span,
        f"`{argument}` of `{step}` asks for a volume at `{path}`, where its pod has another",
        hint="name another folder",
    )


@problem("FC696")
def volume_named_twice(span: Span, step: str, argument: str, name: str) -> Finding:
    """A step asks for a claim or secret after which its pod has another volume named.

    ## Why is this bad?
    Kubeflow Pipelines names the volumes of a pod after claims and secrets, and Kubernetes refuses a
    pod with two volumes of one name, or one whose name is no DNS label.

    ## Example
        @kubernetes(secrets=["prices"], persistent_volume_claims={"prices": "/prices"})

    ## Use instead
        @kubernetes(secrets=["prices-login"], persistent_volume_claims={"prices": "/prices"})
    """
    return Finding(
        span,
        f"`{argument}` of `{step}` cannot have a volume that is called `{name}`",
        hint="give it a name of small letters, digits and `-` that no other volume of the pod has",
    )


@problem("FC697")
def refused_name(span: Span, refused: str, hint: str) -> Finding:
    """The pipeline would have a name, a parameter or a tag that Kubeflow Pipelines refuses.

    ## Why is this bad?
    Pipelines have names of at most 128 small letters, digits and `-`, and at most 20 tags, three of
    which are flowc's own, with keys and values of at most 63 characters and no dot in a key.
    Parameters have names of letters, digits, `-`, `_` and `.`.

    ## Example
        flowc compile flow.py --target kubeflow --name Train_nightly

    ## Use instead
        flowc compile flow.py --target kubeflow --name train-nightly
    """
    return Finding(span, f"no pipeline can {refused}", hint)


@problem("FC698", Severity.WARNING)
def rounds_are_limited(span: Span, step: str, most: int) -> Finding:
    """A loop of several steps has a limited number of rounds.

    ## Why is this bad?
    A pipeline has no loops. Each round of a loop is written out inside of the one before, and a run
    that needs more of them fails.

    ## Example
        flowc compile flow.py --target kubeflow

    ## Use instead
    Put the steps of the loop into one, which may follow itself as often as it likes, or raise
    `--max-iterations`. Argo follows about 30 rounds, unless its controller has the variable
    `DISABLE_MAX_RECURSION`.
    """
    return Finding(
        span,
        f"the loop that `{step}` closes has at most {most} rounds on Kubeflow Pipelines",
        hint="make the loop one step, or pass `--max-iterations` with what it needs",
    )


@problem("FC699")
def relative_store_of_pipeline(span: Span, store: str) -> Finding:
    """The store is a relative path.

    ## Why is this bad?
    Tasks run in pods, each with a file system of its own, and meet only in the store. A path that
    does not start at the root has no place to mount a common volume at.

    ## Example
        flowc compile flow.py --target kubeflow --datastore-root ./runs

    ## Use instead
        flowc compile flow.py --target kubeflow --datastore-root file:///mnt/runs
    """
    return Finding(
        span,
        f"the store `{store}` is a relative path, which pods cannot share",
        hint=f"name a full path: the volume of the claim `{STORE_CLAIM}` will be mounted there",
    )


@problem("FC700")
def number_no_pipeline_holds(span: Span, parameter: str) -> Finding:
    """A number is the default of a parameter and no pipeline can hold it.

    ## Why is this bad?
    Kubeflow Pipelines keeps numbers as JSON does, in 64 bits with a point: it refuses `inf` and
    `nan`, and an integer beyond 2^53 would become another one.

    ## Example
        limit = Parameter("limit", default=float("inf"))

    ## Use instead
        limit = Parameter("limit", type=float, default=lambda context: float("inf"))
    """
    return Finding(
        span,
        f"the default of the parameter `{parameter}` is a number that no pipeline can hold",
        hint="let a function make the default, which is called in the first step",
    )


@problem("FC701")
def expanded_default(span: Span, parameter: str) -> Finding:
    """The default of a parameter holds `$$` or `$(`, which Kubernetes would expand.

    ## Why is this bad?
    Kubeflow Pipelines puts the values of parameters among the words of a container, where
    Kubernetes takes `$$` for one dollar sign, and `$(NAME)` for a variable. The same happens to
    what a run is given.

    ## Example
        pattern = Parameter("pattern", default="$$id")

    ## Use instead
        pattern = Parameter("pattern", default=lambda context: "$$id")
    """
    return Finding(
        span,
        f"the default of the parameter `{parameter}` holds `$$` or `$(`, "
        "which Kubernetes would expand",
        hint="let a function make the default, which is called in the first step",
    )


@problem("FC702", Severity.WARNING)
def tags_are_lost(span: Span) -> Finding:
    """Tags are given, and only objects of Kubernetes have them.

    ## Why is this bad?
    A pipeline that is uploaded as a file has no place for tags, so that it cannot be found by them.

    ## Example
        flowc compile flow.py --target kubeflow --tag team=prices

    ## Use instead
        flowc compile flow.py --target kubeflow --tag team=prices --format k8s
    """
    return Finding(
        span,
        "the tags are lost: a pipeline has none in its file",
        hint="pass `--format k8s`, or give the tags where the pipeline is uploaded",
    )


@problem("FC746")
def file_too_large(span: Span, size: int) -> Finding:
    """The pipeline is larger than the API server reads.

    ## Why is this bad?
    The server refuses a file above 32 MiB.

    ## Example
    A flow of many thousand steps, written by a program.

    ## Use instead
    A foreach over one step, with what differs in its items.
    """
    return Finding(
        span,
        f"the pipeline takes about {size / 2**20:,.0f} MiB, and the API server reads "
        f"{MAX_FILE_BYTES // 2**20} MiB",
        hint="make several flows of it, or one step in a foreach of steps that are alike",
    )


@problem("FC747", Severity.WARNING)
def workflow_too_large(span: Span, size: int) -> Finding:
    """The workflow that the pipeline becomes may be larger than Kubernetes stores.

    ## Why is this bad?
    For each run, Kubeflow Pipelines makes a workflow of Argo which holds all components and
    executors of the pipeline. Kubernetes refuses an object above about a megabyte, and each task
    that runs adds to it.

    ## Example
    A flow of a thousand steps, written by a program.

    ## Use instead
    A foreach over one step, with what differs in its items.
    """
    return Finding(
        span,
        f"the pipeline takes about {size / 1000:,.0f} kB, and Kubernetes stores about "
        f"{MAX_OBJECT_BYTES // 1000:,} kB of the workflow that it becomes",
        hint="make several flows of it, or one step in a foreach of steps that are alike",
    )

"""What Argo makes of a flow: the problems, each with its page."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.diagnostics import Finding, Severity, Span, problem
from flowc.targets.pods import STORE_CLAIM
from flowc.targets.wording import enumerated

# Argo refuses the template at this depth, so the last it runs is one above:
# https://argo-workflows.readthedocs.io/en/latest/scaling/
MAX_DEPTH = 99

# What etcd takes of one object, less what Kubernetes adds to it:
# https://argo-workflows.readthedocs.io/en/latest/offloading-large-workflows/
MAX_BYTES = 1024 * 1024


@problem("FC601", Severity.WARNING)
def no_image_named(span: Span, steps: Sequence[str], default: str) -> Finding:
    """No image is named for a step, neither by the step nor on the command line.

    ## Why is this bad?
    Argo runs each task in a container. The image must hold Python, flowc's runtime, the flow's
    file in its working directory, and whatever the steps import. A bare Python image holds none
    of that, and the first task would fail.

    ## Example
        flowc compile flow.py --target argo

    ## Use instead
        flowc compile flow.py --target argo --image registry.example.com/train:1.4

    or name an image for a step:

        @kubernetes(image="registry.example.com/train:1.4")
        @step
        def start(self):
            self.next(self.end)
    """
    return Finding(
        span,
        f"no image is named for {enumerated(steps)}: the pods would run `{default}`, "
        "which holds neither flowc nor the flow's code",
        hint="pass `--image` with an image that holds both",
    )


@problem("FC620")
def argo_template_in_value(span: Span, place: str) -> Finding:
    """A value holds `{{`, which Argo would take for a template of its own.

    ## Why is this bad?
    Argo replaces `{{…}}` wherever it stands in a manifest, and has no way to write two braces as
    text. The step would get another value than the flow says, or the workflow would be refused.

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
        f"{place} holds `{{{{`, which Argo would take for a template of its own",
        hint="write the value so that no two braces meet, or set it inside a step",
    )


@problem("FC621")
def name_argo_cannot_have(span: Span, name: str) -> Finding:
    """A parameter has a name that Argo does not allow.

    ## Why is this bad?
    Argo only takes letters, digits, `-` and `_` in the names of parameters, and refuses the
    whole workflow otherwise.

    ## Example
        rate = Parameter("learning.rate", default=0.1)

    ## Use instead
        rate = Parameter("learning_rate", default=0.1)
    """
    return Finding(
        span,
        f"Argo cannot have a parameter named `{name}`",
        hint="use only letters, digits, `-` and `_`",
    )


@problem("FC622")
def relative_store(span: Span, store: str) -> Finding:
    """The store is a relative path.

    ## Why is this bad?
    Tasks run in pods, each with a file system of its own, and meet only in the store. A path that
    does not start at the root has no place to mount a common volume at.

    ## Example
        flowc compile flow.py --target argo --datastore-root ./runs

    ## Use instead
        flowc compile flow.py --target argo --datastore-root file:///mnt/runs
    """
    return Finding(
        span,
        f"the store `{store}` is a relative path, which pods cannot share",
        hint=f"name a full path: the volume of the claim `{STORE_CLAIM}` will be mounted there",
    )


@problem("FC623")
def schedule_argo_cannot_have(span: Span, reason: str, hint: str) -> Finding:
    """The schedule says what no CronWorkflow can.

    ## Why is this bad?
    Argo reads the five fields of cron. Years, the last day of a month, the nearest weekday and
    the nth weekday have no place in them, and the flow would run at other times than was meant.

    ## Example
        @schedule(cron="0 9 L * ? *")

    ## Use instead
        @schedule(cron="0 9 1 * ? *")
    """
    return Finding(span, f"Argo cannot express this schedule: it {reason}", hint)


@problem("FC624")
def schedule_without_parameters(span: Span, parameters: Sequence[str]) -> Finding:
    """A flow with a schedule has parameters that somebody must give.

    ## Why is this bad?
    Nobody is there when a schedule starts a run, and Argo refuses a workflow without them.

    ## Example
        day = Parameter("day", required=True)

    ## Use instead
        day = Parameter("day", default="yesterday")
    """
    return Finding(
        span,
        f"the schedule cannot give {enumerated(parameters)}, which every run must be given",
        hint="give each required parameter a default",
    )


@problem("FC625", Severity.WARNING)
def argument_without_effect(span: Span, decorator: str, argument: str) -> Finding:
    """A step asks for what Argo cannot give.

    ## Why is this bad?
    The step runs without it. Argo starts pods of Kubernetes, all of a workflow in one namespace,
    and knows nothing of the queues, roles and devices of AWS Batch.

    ## Example
        @batch(queue="fast", memory=16000)

    ## Use instead
        @kubernetes(node_selector={"pool": "fast"}, memory=16000)
    """
    hint = (
        "name the same namespace for all steps, or leave it to whoever submits the workflow"
        if argument == "namespace"
        else f"remove `{argument}`, or compile the flow for an engine that has it"
    )
    return Finding(span, f"`{argument}` of `@{decorator}` has no effect on Argo", hint)


@problem("FC626")
def folder_mounted_twice(span: Span, step: str, argument: str, path: str) -> Finding:
    """A step asks for a volume in a folder where its pod has another.

    ## Why is this bad?
    Kubernetes refuses a pod with two volumes in one folder. Besides those that a step asks for,
    each pod has the plan, its control files and a store of files.

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


@problem("FC627")
def invalid_template_name(span: Span, name: str) -> Finding:
    """The WorkflowTemplate would have a name that Kubernetes refuses.

    ## Why is this bad?
    Objects of Kubernetes have names of small letters, digits, `-` and `.`, and each workflow has
    its template's name as a label, of at most 63 characters.

    ## Example
        flowc compile flow.py --target argo --name Train_nightly

    ## Use instead
        flowc compile flow.py --target argo --name train-nightly
    """
    return Finding(
        span,
        f"no WorkflowTemplate can be called `{name}`",
        hint="choose a name of at most 63 small letters, digits, `-` and `.`",
    )


@problem("FC630", Severity.WARNING)
def decorator_without_effect(span: Span, decorator: str) -> Finding:
    """A decorator of the flow asks for something that the manifest does not hold yet.

    ## Why is this bad?
    The workflow is deployed without it: no event starts it, no hook is called, nothing waits.

    ## Example
        @trigger(event="new_prices")
        class TrainFlow(FlowSpec):

    ## Use instead
    Add to the manifest what the flow cannot do without, such as a Sensor of Argo Events.
    """
    return Finding(
        span,
        f"`@{decorator}` has no effect on Argo yet",
        hint="add what it asks for to the manifest, or remove it",
    )


@problem("FC720")
def nested_too_deep(span: Span, step: str, depth: int) -> Finding:
    """Regions nest deeper than Argo follows.

    ## Why is this bad?
    Argo ends a workflow with an error where templates call each other too deep. A foreach takes
    two of these levels, a branch or arm of several steps takes one, and so does each iteration
    of a loop.

    ## Example
    A foreach inside a foreach, fifty times.

    ## Use instead
    One foreach over all combinations.
    """
    return Finding(
        span,
        f"`{step}` runs {depth} templates deep, and Argo follows {MAX_DEPTH}",
        hint="nest fewer regions, such as by one foreach over all combinations",
    )


@problem("FC721")
def manifest_too_large(span: Span, document: str, size: int) -> Finding:
    """A document of the manifest is larger than Kubernetes stores.

    ## Why is this bad?
    Kubernetes keeps an object in one piece and refuses one above about a mebibyte.

    ## Example
    A flow of several thousand steps, written by a program.

    ## Use instead
    A foreach over one step, with what differs in its items.
    """
    return Finding(
        span,
        f"the {document} takes about {size / 1024:,.0f} KiB, and Kubernetes stores "
        f"{MAX_BYTES // 1024:,} KiB",
        hint="make several flows of it, or one step in a foreach of steps that are alike",
    )


@problem("FC722")
def gang_beyond_max_workers(span: Span, step: str, size: int, max_workers: int) -> Finding:
    """A gang has more members than may run at once.

    ## Why is this bad?
    The members of a gang wait for each other. Argo would hold back those beyond `--max-workers`
    until others have ended, which they never would.

    ## Example
        flowc compile flow.py --target argo --max-workers 4

        self.next(self.train, num_parallel=8)

    ## Use instead
        flowc compile flow.py --target argo --max-workers 8
    """
    return Finding(
        span,
        f"`{step}` leads to a gang of {size}, of which only {max_workers} may run at once",
        hint=f"pass `--max-workers {size}` or more, or make the gang smaller",
    )

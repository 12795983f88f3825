"""What can keep a flow's graph from being regions."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.diagnostics import Finding, Note, problem
from flowc.ir.flow import Step


def _at(step: Step, message: str, hint: str, *others: tuple[Step, str]) -> Finding:
    """A finding at the step's transition, with notes on other steps."""
    span = step.transition.span if step.transition else step.span
    notes = tuple(Note(other.span, sentence) for other, sentence in others)
    return Finding(span, message, hint, notes)


def _names(steps: Sequence[str]) -> str:
    return ", ".join(f"`{step}`" for step in steps)


@problem("FC220")
def irreducible_loop(latch: Step, header: Step) -> Finding:
    """A loop that can be entered elsewhere than at its first step.

    ## Why is this bad?
    A loop runs again from its first step. If another way leads into its middle, there is no
    one step that begins an iteration, and no engine could number the iterations.

    ## Example
        start ─▶ a ─▶ b ─▶ a        and also        start ─▶ b

    ## Use instead
    Let all ways into the loop lead to the same step.
    """
    return _at(
        latch,
        f"step `{latch.name}` leads back to `{header.name}`, "
        f"but `{latch.name}` can be reached without passing `{header.name}`",
        f"let every way into the loop start at `{header.name}`",
        (header, "the loop would begin here"),
    )


@problem("FC221")
def loop_without_switch(latch: Step, header: Step) -> Finding:
    """A loop that is closed by a step that cannot choose to leave it.

    ## Why is this bad?
    The flow would never end. Only a switch, `self.next({…}, condition=…)`, can decide between
    another iteration and going on.

    ## Example
        self.next(self.train)                       # in `evaluate`, which follows `train`

    ## Use instead
        self.next({"again": self.train, "done": self.end}, condition="verdict")
    """
    return _at(
        latch,
        f"step `{latch.name}` leads back to `{header.name}` and nowhere else",
        "close the loop with `self.next({…}, condition=…)` that can also leave it",
        (header, "the loop begins here"),
    )


@problem("FC222")
def loop_closed_twice(first: Step, second: Step, header: Step) -> Finding:
    """A loop that several steps lead back to the start of.

    ## Why is this bad?
    Each iteration must end in one place, where its successor is numbered.

    ## Use instead
    Let the ways through the loop meet in one switch that decides whether to go round again.
    """
    return _at(
        second,
        f"steps `{first.name}` and `{second.name}` both lead back to `{header.name}`",
        "let both lead to one switch that closes the loop",
        (header, "the loop begins here"),
        (first, "and is closed here already"),
    )


@problem("FC223")
def loop_left_elsewhere(leaving: Step, latch: Step, header: Step) -> Finding:
    """A loop that is left from another step than the switch that closes it.

    ## Why is this bad?
    What follows a loop runs once, after its last iteration. That iteration is known when the
    closing switch decides not to go round again; a way out before it has no such place.

    ## Use instead
    Remember the decision in an artifact, and let the closing switch leave the loop on it.
    """
    return _at(
        leaving,
        f"step `{leaving.name}` leaves the loop from `{header.name}` to `{latch.name}`, "
        f"which only `{latch.name}` may leave",
        f"set an artifact in `{leaving.name}` and let the switch in `{latch.name}` leave on it",
        (latch, "the loop is closed here"),
    )


@problem("FC224")
def latch_of_two_loops(latch: Step, first: Step, second: Step) -> Finding:
    """A switch that leads back to the beginnings of two loops.

    ## Why is this bad?
    One loop lies in the other, and each needs a closing switch of its own to number its
    iterations.

    ## Use instead
    Close the inner loop with one switch and the outer loop with a second one after it.
    """
    return _at(
        latch,
        f"step `{latch.name}` leads back to both `{first.name}` and `{second.name}`",
        "give each of the two loops a closing switch of its own",
        (first, "one loop begins here"),
        (second, "the other begins here"),
    )


@problem("FC225")
def loop_crosses_border(latch: Step, header: Step) -> Finding:
    """A loop that begins outside a split or foreach and is closed inside it, or the reverse.

    ## Why is this bad?
    The branches of a split run side by side. Going back to before the split from one of them
    would start the others again while they still run.

    ## Use instead
    Close the loop after the join, or let it begin and end inside one branch.
    """
    return _at(
        latch,
        f"the loop from `{header.name}` to `{latch.name}` crosses the border of a split or foreach",
        "let the loop begin and end inside one branch, or outside the split and its join",
        (header, "the loop begins here"),
    )


@problem("FC226")
def loop_to_join(latch: Step, header: Step) -> Finding:
    """A loop that begins at a join.

    ## Why is this bad?
    A join takes the results of all branches of a split. Coming back from a later step there
    is nothing to join.

    ## Use instead
    Put a step after the join and let the loop begin there.
    """
    return _at(
        latch,
        f"step `{latch.name}` leads back to the join `{header.name}`",
        f"add a step after `{header.name}` and let the loop begin there",
        (header, "this step joins"),
    )


@problem("FC230")
def branches_do_not_meet(split: Step, ends: Sequence[str]) -> Finding:
    """A split or foreach whose branches do not all end in one join.

    ## Why is this bad?
    What runs side by side must come together again in one step that takes `inputs`, before
    the flow ends and before any other split is joined.

    ## Example
        self.next(self.a, self.b)       # `a` goes to `join`, `b` goes to `end`

    ## Use instead
    Let every branch lead to the same step `def join(self, inputs)`.
    """
    where = f"they reach {_names(ends)}" if ends else "they reach the end of the flow"
    return _at(
        split,
        f"the branches that `{split.name}` starts do not meet in one join: {where}",
        "let every branch lead to one step that takes `inputs`",
    )


@problem("FC231")
def branch_without_steps(split: Step, join: Step) -> Finding:
    """A split or foreach with a branch that leads straight to the join.

    ## Why is this bad?
    A branch without a step has no task, and so nothing to join.

    ## Use instead
    Put at least one step into each branch.
    """
    return _at(
        split,
        f"a branch of `{split.name}` leads straight to the join `{join.name}`",
        f"add a step between `{split.name}` and `{join.name}`",
        (join, "this step joins"),
    )


@problem("FC232")
def join_without_split(join: Step) -> Finding:
    """A step that takes `inputs` although nothing was split before it.

    ## Why is this bad?
    `inputs` are the results of the branches of a split or foreach. Where none is open, the
    step would have none.

    ## Use instead
    Remove the argument, or let a split or foreach lead here.
    """
    return Finding(
        join.span,
        f"step `{join.name}` takes inputs, but no split or foreach is open when it is reached",
        f"write `def {join.name}(self)`, or add the split that it should join",
    )


@problem("FC233")
def tails_too_tangled(step: Step, limit: int) -> Finding:
    """Switches whose arms share so many steps that no tree of reasonable size holds them.

    ## Why is this bad?
    Arms that share their last steps are compiled by giving each its copy. Many such switches,
    one after the other, would multiply.

    ## Use instead
    Let the arms of each switch meet in one step before the next switch begins.
    """
    return _at(
        step,
        f"the arms of the switches around `{step.name}` share too many steps "
        f"(more than {limit} copies)",
        "let the arms of each switch meet in a step before the next switch",
    )


@problem("FC234")
def too_many_levels(step: Step, limit: int) -> Finding:
    """Splits, foreaches, switches and loops inside each other, deeper than any engine goes.

    ## Why is this bad?
    Argo Workflows stops at 100 nested templates, and the others are slower long before.

    ## Use instead
    Join or merge before opening the next construct, so that they follow each other.
    """
    return _at(
        step,
        f"the construct that `{step.name}` opens lies more than {limit} levels deep",
        "join or merge before you open the next split, foreach, switch or loop",
    )


@problem("FC235")
def arms_do_not_meet(switch: Step, ends: Sequence[str]) -> Finding:
    """A switch in a branch whose arms end in different joins.

    ## Why is this bad?
    A join waits for every branch of its split. If a branch may go to another join, one of the
    two would wait for ever.

    ## Use instead
    Let the arms of the switch meet in a step before the join.
    """
    return _at(
        switch,
        f"the arms of the switch in `{switch.name}` do not meet: they reach {_names(ends)}",
        "let the arms meet in one step before the join",
    )


@problem("FC236")
def step_in_two_branches(split: Step, shared: Step) -> Finding:
    """A step that several branches of a split lead to, although it joins nothing.

    ## Why is this bad?
    The branches run side by side, so the step would run once for each of them, with one
    identity: one result would replace the other.

    ## Example
        def a(self):
            self.next(self.clean)

        def b(self):
            self.next(self.clean)

    ## Use instead
    Join the branches first, or give each a step of its own:

        def a(self):
            self.next(self.clean_a)

        def b(self):
            self.next(self.clean_b)
    """
    return _at(
        split,
        f"several branches that `{split.name}` starts lead to `{shared.name}`, which is no join",
        f"let `{shared.name}` take `inputs`, or give each branch a step of its own",
        (shared, "this step would run once for each branch"),
    )

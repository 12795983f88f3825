"""Expressions to values, as Python would compute them, with nothing of a flow being run."""

"""The arguments of step decorators: what each may be, and what a step's decorators give them."""

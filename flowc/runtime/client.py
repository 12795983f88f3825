"""A read-only client of the store: flows, runs, steps, tasks and their artifacts."""

"""The flow as data: its steps, its regions, and the plan the runtime reads. Knows no engine."""

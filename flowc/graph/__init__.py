"""The step graph of a flow, for people and programs. Knows no file and no engine."""

"""What runs have left in a store: their states, tasks, logs and artifacts, read but never run."""

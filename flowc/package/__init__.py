"""What a container needs to run a flow: its code, its plan and flowc's runtime, as one archive."""

"""Rules over a flow, one a file: its page and its check."""

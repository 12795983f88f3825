"""A run as a person follows it: a live table on a terminal, plain lines elsewhere; on stderr."""

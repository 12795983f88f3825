"""What is wanted on an engine, what is live, what changes; a package for each engine's calls."""

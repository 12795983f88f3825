"""The commands, as Typer makes them and as it does not."""

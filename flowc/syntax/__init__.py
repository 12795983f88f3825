"""Source text to `Flow`, by libcst; the flow's code is never imported or run."""

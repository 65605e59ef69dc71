"""One module per exercise: `judge(source, seed)` answers the behaviours it saw."""

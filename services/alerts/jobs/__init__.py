"""Work beside the engine: over the whole population by one process at a time, and from the log to other systems."""

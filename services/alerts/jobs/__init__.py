"""Work over the whole population, one process at a time."""

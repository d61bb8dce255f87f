"""What every service's wiring is put together from: pools, feeds, and the end of a process."""

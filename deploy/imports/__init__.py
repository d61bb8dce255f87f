"""Files of other systems, brought in through the HTTP API like from any other system."""

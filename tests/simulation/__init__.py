"""Real cases through the running service, and figures computed another way."""

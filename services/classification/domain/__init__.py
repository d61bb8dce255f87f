"""Classes of customers and the standards that they follow. Pure."""

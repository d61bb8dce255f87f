"""Who read what of which customer, and why: recorded before the answer leaves, sealed each minute, proven by `regulars audit verify`."""

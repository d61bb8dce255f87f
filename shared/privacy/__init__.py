"""Personal data: sealed per customer, opened on reading, gone when the key is destroyed."""

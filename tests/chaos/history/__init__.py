"""Is a stream, seen through HTTP, one register that is appended to? A recorded history of many clients is checked against the store."""

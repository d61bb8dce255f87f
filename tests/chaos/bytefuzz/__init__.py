"""Any bytes at the places where bytes of strangers come in: each either refuses them by its own error, or takes them for what they mean."""

"""Load, decide, append: one function a command. What happens here is durable when the function returns."""

"""What goes on by itself: one leader, on the watermark."""

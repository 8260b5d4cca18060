"""What people deleted: events that do not count, and erasures."""

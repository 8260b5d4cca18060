"""Name topics and areas."""

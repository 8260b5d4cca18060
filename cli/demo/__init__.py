"""`turret demo`."""

"""Edit topics: `turret topic`."""

"""Read the published marts: `turret query` and `turret export`."""

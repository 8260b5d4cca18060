"""The `turret` command."""

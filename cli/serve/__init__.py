"""Serve: `turret up`, `turret collector` and `turret dashboard`."""

"""The contracts between packages: settings, the event, the state on disk, and the names and columns of every table.

Nothing here imports anything else of Turret. Durable writes and file locks, which all packages need, are here as well.
"""

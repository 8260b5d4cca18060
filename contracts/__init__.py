"""What neighbours agree on: settings, the event, the state on disk and the names and columns of every table.

Nothing here imports anything else of Turret, and nothing here does any work.
"""

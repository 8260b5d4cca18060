"""Files to import, row by row: `source.py` says what every reader gives, `opening.py` picks one by the name."""

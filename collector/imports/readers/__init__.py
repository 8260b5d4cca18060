"""Files to import, row by row: `source.py` defines what a reader is, `opening.py` selects one by the file's name."""

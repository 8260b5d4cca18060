"""The page that lists all topics."""

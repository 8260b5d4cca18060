"""The page about one topic."""

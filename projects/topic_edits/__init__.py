"""People's edits of topics: their history, how one is made, and what they come to."""

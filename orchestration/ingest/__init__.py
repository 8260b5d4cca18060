"""Load landed segments into the `raw` tables, each exactly once."""

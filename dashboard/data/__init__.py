"""Read the published marts: snapshots, filters, queries and statistics."""

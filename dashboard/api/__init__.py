"""The read API: the figures of the pages as JSON, CSV and Arrow, for programs that hold a key of the scope `read`."""

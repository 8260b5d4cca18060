"""The read API: the pages' figures as JSON, CSV and Arrow, for programs that hold a key of the scope `read`."""

"""Great Expectations suites as code, one per gate: raw, topics, marts."""

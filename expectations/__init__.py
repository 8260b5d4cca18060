"""Great Expectations suites as code, one per gate: raw, topics, marts.

A gate gets pandas frames with the columns it needs and gives a `GateReport`. It judges what the other tests cannot
see: what arrived in this run, what the topic model made of it, and whether the marts about to be published add up.
"""

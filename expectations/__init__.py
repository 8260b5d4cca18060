"""Great Expectations suites as code, one per gate: raw, topics, marts.

SQL does the counting (`orchestration/checks/sql/`), so that a million events are checked without leaving the database.
A gate gets the small frames that result and returns a `GateReport`. It checks what the other tests cannot see: what
arrived in this run, what the topic model made of it, and whether the marts about to be published add up.

Some rules block, because wrong numbers would reach people. The others warn: the numbers are right, but a person should
look.
"""

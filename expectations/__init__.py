"""Great Expectations suites as code, one per gate: raw, topics, marts.

SQL counts (`orchestration/checks/sql/`), so that a million events are judged without leaving the
database; a gate gets the small frames that come of it and gives a `GateReport`. It judges what the other tests cannot
see: what arrived in this run, what the topic model made of it, and whether the marts about to be published add up.

Some rules block: wrong numbers would reach people. The others warn: the numbers are right, and a person should look.
"""

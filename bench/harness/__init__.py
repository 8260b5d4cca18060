"""Shared by the collector's benchmarks and fault trials: real processes, real load, real faults, and verification.

server_process.py   a server in its own process, with its CPU seconds and memory
installation.py     a fresh home with a project and a key; starts the real collector or a variant of it
variant_server.py   peers for comparison, and faulty collectors that the trials must detect
http_load.py        load from wrk, whose CPU is not counted (http_load.lua)
sender.py           a client that records what was acknowledged, and when
fault_shim.py       records and breaks a process's writes and syncs (fault_shim.c, preloaded)
power_cut.py        reverts everything on the disk that no sync guarantees
ledger.py           compares acknowledged with landed and loaded events: lost, duplicated, changed
trial.py            rounds of load and faults on one home, with a verdict at the end
"""

"""What the collector's benchmarks and fault trials share: real processes, real load, real faults, and the proof.

server_process.py   a server in a process of its own, its CPU seconds and memory
installation.py     a fresh home with a project and a key; starts the real collector or a variant of it
variant_server.py   what it is compared with, and wrong collectors that the trials must catch
http_load.py        load from wrk, whose CPU is not counted (http_load.lua)
sender.py           a client that remembers what was acknowledged, and when
fault_shim.py       records and breaks a process's writes and syncs (fault_shim.c, preloaded)
power_cut.py        takes back from the disk what no sync has promised
ledger.py           acknowledged against landed and loaded: lost, twice, changed
trial.py            rounds of load and harm on one home, with a verdict at the end
"""

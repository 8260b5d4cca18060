"""The collector: an HTTP event in, a durable landed file out.

The way of an event through the files of this folder, in order:

    http/event_routes.py    the routes for events, an ASGI application in front of FastAPI's: method, key, errors
    http/track.py           POST /track: one event, answered once it is on disk
    http/batch.py           POST /batch: up to 1,000 events, each judged on its own
    http/request_body.py    reads the body, bounded, also from gzip
    decoding.py             bytes -> JSON values, strictly
    validation.py           JSON values -> a LandedEvent, or a RejectedError that says why not; shared with the import
    quota/admission.py      which of them the quota lets in; leases.py has what this worker holds
    wal/group_commit.py     many waiting events, one write and one fdatasync
    wal/journal.py          the worker's write-ahead file now open, and when it is rolled
    wal/wal_file.py         one write-ahead file: a checksum per line, cut back after a failed write
    wal/seal_queue.py       has full files sealed, by a process of its own (sealing_process.py)
    wal/segment_writer.py   a full write-ahead file -> compressed segments in landing/
    wal/quota_settlement.py settles its events in the quota ledger and removes it
    wal/recovery.py         the same for files that a killed process left behind

`otlp/` reads spans instead of events, for the same routes; `imports/importer.py` takes files instead of requests.
`app.py` puts the parts together, `server.py` runs them.
"""

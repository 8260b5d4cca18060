"""The collector: an HTTP event in, a durable landed file out.

The way of an event through the files of this folder, in order:

    event_routes.py   the ASGI class around everything: method, key, errors
    track.py          POST /track: one event, answered once it is on disk
    batch.py          POST /batch: up to 1,000 events, each judged on its own
    request_body.py   reads the body, bounded, also from gzip
    decoding.py       bytes -> JSON values, strictly
    validation.py     JSON values -> a LandedEvent, or a RejectedError that says why not; shared with the import
    group_commit.py   many waiting events, one write and one fdatasync
    journal.py        the worker's write-ahead file now open, and when it is rolled
    wal.py            one write-ahead file: a checksum per line, cut back after a failed write
    sealing.py        a full write-ahead file -> compressed segments in landing/
    recovery.py       the same for files that a killed process left behind

`app.py` puts the parts together, `server.py` runs them, `import_file.py` takes files instead of requests.
"""

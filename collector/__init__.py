"""The collector: an HTTP event in, a durable landed file out.

The way of an event through the files of this folder, in order:

    http/event_routes.py    an ASGI application in front of FastAPI's: goes through the steps below, a line each
    http/exchange.py        the request's head and body, bounded, also from gzip; the response
    http/authentication.py  the project that the API key may write to
    http/events.py          POST /track: one event; POST /batch: up to 1,000, each validated on its own
    validation.py           bytes or JSON values -> a LandedEvent, or a RejectedError that says why not
    quota.py                which of them the project's plan lets in; the others get 429
    wal/journal.py          many waiting events, one write and one fdatasync into the worker's write-ahead file
    wal/wal_file.py         one write-ahead file: a checksum per line, cut back after a failed write
    wal/seal_queue.py       has full files sealed, by a process of its own (sealing_process.py)
    wal/sealing.py          a full write-ahead file -> compressed segments in landing/, its events booked in the ledger
    wal/recovery.py         the same for files that a killed process left behind

`http/worker.py` holds what the routes share. `otlp/` reads spans and `http/segment_calls.py` the calls of Segment's
libraries, for the same routes; `imports/importer.py` takes files instead of requests. `app.py` puts the parts together,
`server.py` runs them.
"""

"""The collector: an HTTP event in, a durable landed file out.

An event passes through the files of this folder in this order:

    http/event_routes.py    an ASGI application in front of FastAPI's: calls the steps below, one per line
    http/exchange.py        the request's head and body, bounded, also from gzip; the response
    http/authentication.py  the project that the API key may write to
    http/events.py          POST /track: one event; POST /batch: up to 1,000, each validated on its own
    validation.py           bytes or JSON values -> a LandedEvent, or a RejectedError with the reason
    quota.py                which of them the project's plan allows; the others get 429
    wal/journal.py          many waiting events, one write and one fdatasync into the worker's write-ahead file
    wal/wal_file.py         one write-ahead file: a checksum per line, truncated after a failed write
    wal/seal_queue.py       queues full files for the sealing process (sealing_process.py)
    wal/sealing.py          a full write-ahead file -> compressed segments in landing/, its events counted in the ledger
    wal/recovery.py         the same for files that a killed process left behind

`http/worker.py` holds what the routes share. `otlp/` reads spans and `http/segment_calls.py` the calls of Segment's
libraries, for the same routes; `imports/importer.py` reads files instead of requests. `app.py` connects the parts,
and `server.py` runs them.
"""

"""OpenTelemetry in: spans and log events of calls to models become the messages that users sent.

The way of a request, from `collector/http/otlp_routes.py` through the files of this folder, in order:

    protobuf_reader.py  OTLP in protobuf -> records
    json_reader.py      OTLP in JSON -> the same records
    records.py          what a record is: a span, or a log event
    gen_ai.py           where each library puts the conversation of a call
    messages.py         a conversation -> the messages of the user that are new in it
    events.py           a record -> payloads of /track: ids, session, user, metadata
    instrumentations.py  which instrumentations send no text, for `turret status` and the Overview
"""

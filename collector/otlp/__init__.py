"""OpenTelemetry: extract the messages that users sent from spans and log events of model calls.

A request passes from `collector/http/otlp_routes.py` through the files of this folder, in order:

    protobuf_reader.py  OTLP in protobuf -> records
    json_reader.py      OTLP in JSON -> the same records
    records.py          a record: a span or a log event
    gen_ai.py           where each library puts the conversation of a call
    messages.py         a conversation -> the user's new messages in it
    events.py           a record -> payloads of /track: ids, session, user, metadata
    instrumentations.py  which instrumentations send no text, for `turret status` and the Overview
"""

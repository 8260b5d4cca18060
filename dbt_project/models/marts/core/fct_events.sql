{{
    config(
        materialized="view",
        meta={
            "touched": {"by": "int_journeys__touched", "key": "session_id"},
            "day": "occurred_at",
            "rebuild": "A view: the warehouse has the rows as they landed, and they are written once, when they are published."
        }
    )
}}

-- depends_on: {{ ref('int_journeys__touched') }}
{{ event_rows(
    ref('int_events__sessionized'),
    ref('stg_raw__events'),
    ref('stg_raw__set_apart_events')
) }}

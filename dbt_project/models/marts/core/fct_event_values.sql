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
{{ event_value_rows(
    ref('int_events__sessionized'),
    ref('int_event_values__flattened'),
    ref('int_fields__typed')
) }}

{{
    config(
        materialized="view",
        meta={
            "touched": {"by": "int_journeys__touched", "key": "session_id"},
            "rebuild": "A view: the rows stand in the warehouse as they landed, and are written once, when they are published."
        }
    )
}}

{{ event_value_rows(
    ref('int_events__sessionized'),
    ref('int_event_values__flattened'),
    ref('int_fields__typed')
) }}

{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key=["project_id", "field", "value"],
        meta={
            "day": "first_date",
            "rebuild_on": ["rebuild_values"],
            "rebuild": "By value: those that new events bring, or bring earlier than known. In full if a copy was replaced, because the only day of a value may be gone with it."
        }
    )
}}

with event_values as (
    select * from {{ ref('int_event_values__flattened') }}
    {{ only_touched('int_events__pending', 'event_id') }}
),

first_dates as (
    select
        project_id,
        field,
        value,
        cast(min(occurred_at) as date) as first_date
    from event_values
    group by project_id, field, value
)

select first_dates.*
from first_dates
{% if is_incremental() %}
    left join {{ this }} as known
        on
            first_dates.project_id = known.project_id
            and first_dates.field = known.field
            and first_dates.value = known.value
    where known.first_date is null or first_dates.first_date < known.first_date
{% endif %}

{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_events__pending", "key": "event_date"},
            "day": "event_date",
            "rebuild": "By day: a day is recounted if one of its events is new or gone."
        }
    )
}}

with event_values as (
    select
        *,
        cast(occurred_at as date) as event_date
    from {{ ref('int_event_values__flattened') }}
    {{ only_touched('int_events__pending', 'event_date', 'cast(occurred_at as date)') }}
)

select
    project_id,
    field,
    event_date,
    count(*) as n_values,
    count(distinct value) as n_distinct_values,
    cast(sum(case when value_index = 1 then 1 else 0 end) as bigint) as n_events,
    count(number_value) as n_numbers,
    cast(sum(case when kind = 'boolean' then 1 else 0 end) as bigint) as n_booleans,
    cast(sum(case when is_element then 1 else 0 end) as bigint) as n_elements,
    cast(sum(case when kind <> 'string' then 1 when {{ is_token('value') }} then 1 else 0 end) as bigint) as n_tokens,
    cast(
        sum(
            case
                when length(value) > {{ field_limit("max_short_characters") }} then 0
                when kind <> 'string' or not contains(value, ' ') then 1
                when {{ word_count('value') }} > {{ field_limit("max_short_words") }} then 0
                else 1
            end
        ) as bigint
    ) as n_short,
    cast(sum(length(value)) as bigint) as n_characters,
    cast(sum(case when kind = 'string' then {{ word_characters('value') }} else 0 end) as bigint) as n_word_characters,
    min(occurred_at) as first_seen_at,
    max(occurred_at) as last_seen_at
from event_values
group by project_id, field, event_date

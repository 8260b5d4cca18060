with event_values as (
    select * from {{ ref('int_event_values__flattened') }}
),

days as (
    select
        project_id,
        field,
        cast(occurred_at as date) as value_date,
        count(*) as n_values
    from event_values
    group by project_id, field, cast(occurred_at as date)
),

-- Days follow one another into a window until it has enough values to say something; a busy day is one by itself.
windowed_days as (
    select
        project_id,
        field,
        value_date,
        floor(
            (
                sum(n_values) over (
                    partition by project_id, field
                    order by value_date
                    rows between unbounded preceding and current row
                ) - n_values
            ) / {{ field_limit("window_values") }}
        ) as window_key
    from days
),

window_values as (
    select
        event_values.project_id,
        event_values.field,
        windowed_days.window_key,
        event_values.value,
        count(*) as n_values,
        sum(case when event_values.value_index = 1 then 1 else 0 end) as n_events,
        count(event_values.number_value) as n_numbers,
        sum(case when event_values.kind = 'boolean' then 1 else 0 end) as n_booleans,
        sum(case when event_values.is_element then 1 else 0 end) as n_elements,
        min(event_values.occurred_at) as first_seen_at,
        max(event_values.occurred_at) as last_seen_at
    from event_values
    inner join windowed_days
        on
            event_values.project_id = windowed_days.project_id
            and event_values.field = windowed_days.field
            and cast(event_values.occurred_at as date) = windowed_days.value_date
    group by event_values.project_id, event_values.field, windowed_days.window_key, event_values.value
),

first_windows as (
    select
        project_id,
        field,
        value,
        min(window_key) as window_key
    from window_values
    group by project_id, field, value
),

new_values as (
    select
        project_id,
        field,
        window_key,
        count(*) as n_new_values
    from first_windows
    group by project_id, field, window_key
),

windows as (
    select
        project_id,
        field,
        window_key,
        sum(n_values) as n_values,
        count(*) as n_distinct_values,
        sum(n_events) as n_events,
        sum(n_numbers) as n_numbers,
        sum(n_booleans) as n_booleans,
        sum(n_elements) as n_elements,
        sum(case when {{ is_token('value') }} then n_values else 0 end) as n_tokens,
        sum(
            case
                when length(value) > {{ field_limit("most_short_characters") }} then 0
                when {{ word_count('value') }} > {{ field_limit("most_short_words") }} then 0
                else n_values
            end
        ) as n_short,
        sum(length(value) * n_values) as n_characters,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from window_values
    group by project_id, field, window_key
),

counted as (
    select
        windows.*,
        coalesce(new_values.n_new_values, 0) as n_new_values,
        lead(windows.window_key) over (
            partition by windows.project_id, windows.field
            order by windows.window_key
        ) is not null as is_closed
    from windows
    left join new_values
        on
            windows.project_id = new_values.project_id
            and windows.field = new_values.field
            and windows.window_key = new_values.window_key
),

ruled as (
    select
        *,
        {{ field_rule() }} as rule
    from counted
)

select
    project_id,
    field,
    cast(
        row_number() over (
            partition by project_id, field
            order by window_key
        ) as integer
    ) as window_number,
    cast(first_seen_at as date) as first_date,
    cast(last_seen_at as date) as last_date,
    is_closed,
    is_closed and n_values >= {{ field_limit("least_evidence_values") }} as is_evidence,
    rule,
    {{ field_type_of_rule('rule') }} as type,
    {{ field_reason('rule') }} as reason,
    cast(n_values as bigint) as n_values,
    n_distinct_values,
    n_new_values,
    cast(n_events as bigint) as n_events,
    cast(n_numbers as bigint) as n_numbers,
    cast(n_booleans as bigint) as n_booleans,
    cast(n_elements as bigint) as n_elements,
    cast(n_tokens as bigint) as n_tokens,
    cast(n_short as bigint) as n_short,
    cast(n_characters as bigint) as n_characters,
    first_seen_at,
    last_seen_at
from ruled

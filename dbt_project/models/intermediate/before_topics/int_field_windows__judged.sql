with days as (
    select * from {{ ref('int_field_days__counted') }}
),

first_values as (
    select * from {{ ref('int_field_values__first_seen') }}
),

event_values as (
    select * from {{ ref('int_event_values__flattened') }}
),

new_values as (
    select
        project_id,
        field,
        first_date as event_date,
        count(*) as n_new_values
    from first_values
    group by project_id, field, first_date
),

-- Days are added to a window until it has enough values; a busy day is a window of its own.
windowed_days as (
    select
        days.*,
        coalesce(new_values.n_new_values, 0) as n_new_values,
        floor(
            (
                sum(days.n_values) over (
                    partition by days.project_id, days.field
                    order by days.event_date
                    rows between unbounded preceding and current row
                ) - days.n_values
            ) / {{ field_limit("window_values") }}
        ) as window_key
    from days
    left join new_values
        on
            days.project_id = new_values.project_id
            and days.field = new_values.field
            and days.event_date = new_values.event_date
),

windows as (
    select
        project_id,
        field,
        window_key,
        count(*) as n_days,
        sum(n_values) as n_values,
        sum(n_distinct_values) as n_distinct_values_of_days,
        sum(n_new_values) as n_new_values,
        sum(n_events) as n_events,
        sum(n_numbers) as n_numbers,
        sum(n_booleans) as n_booleans,
        sum(n_elements) as n_elements,
        sum(n_tokens) as n_tokens,
        sum(n_short) as n_short,
        sum(n_characters) as n_characters,
        sum(n_word_characters) as n_word_characters,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from windowed_days
    group by project_id, field, window_key
),

-- Days of one window may share values; only these few are counted again.
shared_days as (
    select
        windowed_days.project_id,
        windowed_days.field,
        windowed_days.window_key,
        windowed_days.event_date
    from windowed_days
    inner join windows
        on
            windowed_days.project_id = windows.project_id
            and windowed_days.field = windows.field
            and windowed_days.window_key = windows.window_key
    where windows.n_days > 1
),

shared_windows as (
    select
        shared_days.project_id,
        shared_days.field,
        shared_days.window_key,
        count(distinct event_values.value) as n_distinct_values
    from event_values
    inner join shared_days
        on
            event_values.project_id = shared_days.project_id
            and event_values.field = shared_days.field
            and cast(event_values.occurred_at as date) = shared_days.event_date
    group by shared_days.project_id, shared_days.field, shared_days.window_key
),

counted as (
    select
        windows.*,
        coalesce(shared_windows.n_distinct_values, windows.n_distinct_values_of_days) as n_distinct_values,
        lead(windows.window_key) over (
            partition by windows.project_id, windows.field
            order by windows.window_key
        ) is not null as is_closed
    from windows
    left join shared_windows
        on
            windows.project_id = shared_windows.project_id
            and windows.field = shared_windows.field
            and windows.window_key = shared_windows.window_key
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
    is_closed and n_values >= {{ field_limit("min_evidence_values") }} as is_evidence,
    rule,
    {{ field_type_of_rule('rule') }} as type,
    {{ field_reason('rule') }} as reason,
    cast(n_values as bigint) as n_values,
    cast(n_distinct_values as bigint) as n_distinct_values,
    cast(n_new_values as bigint) as n_new_values,
    cast(n_events as bigint) as n_events,
    cast(n_numbers as bigint) as n_numbers,
    cast(n_booleans as bigint) as n_booleans,
    cast(n_elements as bigint) as n_elements,
    cast(n_tokens as bigint) as n_tokens,
    cast(n_short as bigint) as n_short,
    cast(n_characters as bigint) as n_characters,
    cast(n_word_characters as bigint) as n_word_characters,
    first_seen_at,
    last_seen_at
from ruled

with events as (
    select * from {{ ref('stg_raw__events') }}
),

scalars as (
    {{ json_scalars('events', 'metadata', ['project_id', 'event_id', 'occurred_at']) }}
),

said as (
    select
        *,
        case when kind <> 'boolean' then {{ as_number('value') }} end as number_value,
        -- `{"a.b": 1, "a": {"b": 2}}` has the field a.b twice, as an array has its own; all else is alone in its field.
        is_nested or contains(field, '.') as has_siblings
    from scalars
    where case when kind = 'string' then not {{ is_blank('value') }} else true end -- spares the others the search
),

numbered as (
    select
        *,
        row_number() over (
            partition by project_id, event_id, field
            order by position, value
        ) as value_index
    from said
    where has_siblings

    union all

    select
        *,
        1 as value_index
    from said
    where not has_siblings
)

select
    project_id,
    event_id,
    field,
    cast(value_index as integer) as value_index,
    value,
    kind,
    number_value,
    is_element,
    occurred_at
from numbered

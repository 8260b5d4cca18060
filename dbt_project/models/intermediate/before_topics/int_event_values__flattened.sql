{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_events__pending", "key": "event_id"},
            "day": "occurred_at",
            "rebuild": "By landed file, because values follow from one event alone. Those of new files are added, and those of events whose copy was replaced by another file's are rebuilt."
        }
    )
}}

with events as (
    select * from {{ ref('int_events__counted') }}
    {{ only_touched('int_events__pending', 'event_id') }}
),

alone as (
    {{ alone_scalars('events', 'metadata', ['project_id', 'event_id', 'occurred_at']) }}
),

nested as (
    {{ nested_scalars('events', 'metadata', ['project_id', 'event_id', 'occurred_at']) }}
),

said as (
    select
        *,
        1 as value_index
    from alone
    where case when kind = 'string' then not {{ is_blank('value') }} else true end -- skips the search for the others

    union all

    select
        *,
        row_number() over (
            partition by project_id, event_id, field
            order by position, value
        ) as value_index
    from nested
    where case when kind = 'string' then not {{ is_blank('value') }} else true end
)

select
    project_id,
    event_id,
    field,
    cast(value_index as integer) as value_index,
    case when kind = 'string' then {{ as_compared('value') }} else value end as value,
    kind,
    case
        when kind = 'boolean' or (kind = 'string' and {{ is_version_field('field') }}) then null
        when kind = 'number' then {{ json_number('value') }}
        else {{ as_number('value') }}
    end as number_value,
    is_element,
    occurred_at
from said
-- Comments of feedback have topics under this name, which must not be those of a field.
where field != {{ comment_field() }}

-- One row per value of an enum field and topic of a field, with the topic's share of the value's messages. Messages
-- without a topic count in the share and have a row with null. Values in $segments are named (all if it is null), the
-- others are OTHER, and messages without the field NONE.
with marked as (
    select
        event_id,
        enum_value
    from marts.fct_event_values
    where project_id = $project_id and field = $by and value_index = 1 and enum_value is not null
),

said as (
    select
        event_id,
        topic_id
    from shown_messages
    where field = $field
),

counted as (
    select
        said.topic_id,
        marked.enum_value,
        count(*) as n_messages
    from marked
    right join said on marked.event_id = said.event_id
    group by said.topic_id, marked.enum_value
),

placed as (
    select
        topic_id,
        enum_value,
        n_messages,
        case
            when enum_value is null then 'NONE'
            when coalesce(list_contains($segments::varchar[], enum_value), true) then 'VALUE'
            else 'OTHER'
        end as kind
    from counted
)

select
    kind,
    case when kind = 'VALUE' then enum_value end as segment,
    topic_id,
    sum(n_messages)::bigint as n_messages,
    sum(n_messages) / sum(sum(n_messages)) over (partition by kind, segment) as share
from placed
group by kind, segment, topic_id
order by kind asc, segment asc, n_messages desc, topic_id asc

-- Messages of a field by random group, value of an enum field and topic, for cluster_sums.sql. Values in $segments are
-- named, the others are OTHER, and messages without the field NONE. Only topics in $topics are tested.
with marked as (
    select
        event_id,
        enum_value
    from marts.fct_event_values
    where project_id = $project_id and field = $by and value_index = 1 and enum_value is not null
),

looked_at as (
    select unnest($topics::varchar[]) as topic_id
),

said as (
    select
        messages.event_id,
        clusters.group_id,
        looked_at.topic_id
    from shown_messages as messages
    inner join shown_session_groups as clusters on messages.session_id = clusters.session_id
    left join looked_at on messages.topic_id = looked_at.topic_id
    where messages.field = $field
),

counted as (
    select
        said.group_id,
        marked.enum_value,
        said.topic_id,
        count(*) as n
    from marked
    right join said on marked.event_id = said.event_id
    group by said.group_id, marked.enum_value, said.topic_id
),

placed as (
    select
        group_id,
        n,
        case
            when enum_value is null then 'NONE:'
            when list_contains($segments::varchar[], enum_value) then 'VALUE:' || enum_value
            else 'OTHER:'
        end as side,
        coalesce(topic_id, '') as item
    from counted
)

select
    '' as family,
    group_id,
    side,
    item,
    sum(n) as n
from placed
group by group_id, cube (side, item)

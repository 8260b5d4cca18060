-- One row per value of an enum field (as in segment_sizes) and topic of a field, with the topic's share of the messages
-- of the value; messages without a topic count in the share and have no row of their own topic.
with marked as (
    select
        event_id,
        enum_value
    from shown_values
    where field = $by and value_index = 1 and enum_value is not null
),

largest as (
    select enum_value
    from marked
    group by enum_value
    order by count(*) desc, enum_value asc
    limit $top_n
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
    from said
    left join marked on said.event_id = marked.event_id
    group by said.topic_id, marked.enum_value
),

placed as (
    select
        counted.topic_id,
        counted.n_messages,
        largest.enum_value as segment,
        case
            when counted.enum_value is null then 'NONE'
            when largest.enum_value is null then 'OTHER'
            else 'VALUE'
        end as kind
    from counted
    left join largest on counted.enum_value = largest.enum_value
)

select
    kind,
    segment,
    topic_id,
    sum(n_messages)::bigint as n_messages,
    sum(n_messages) / sum(sum(n_messages)) over (partition by kind, segment) as share
from placed
group by kind, segment, topic_id
order by kind asc, segment asc, n_messages desc, topic_id asc

-- One row per value of an enum field (as in segment_sizes) and topic of a field, with the topic's share of the messages
-- of the value; messages without a topic count in the share and have no row of their own topic.
with said as (
    select
        messages.topic_id,
        marked.enum_value
    from shown_messages as messages
    left join marts.fct_event_values as marked
        on
            messages.project_id = marked.project_id
            and messages.event_id = marked.event_id
            and marked.field = $by
            and marked.value_index = 1
            and marked.enum_value is not null
    where messages.field = $field
),

sized as (
    select
        marked.enum_value,
        row_number() over (order by count(*) desc, marked.enum_value asc) as size_rank
    from shown_events as events
    inner join marts.fct_event_values as marked
        on
            events.project_id = marked.project_id
            and events.event_id = marked.event_id
            and marked.field = $by
            and marked.value_index = 1
            and marked.enum_value is not null
    group by marked.enum_value
),

placed as (
    select
        said.topic_id,
        case
            when said.enum_value is null then 'NONE'
            when sized.size_rank <= $top_n then 'VALUE'
            else 'OTHER'
        end as kind,
        case when sized.size_rank <= $top_n then said.enum_value end as segment
    from said
    left join sized on said.enum_value = sized.enum_value
)

select
    kind,
    segment,
    topic_id,
    count(*) as n_messages,
    count(*) / sum(count(*)) over (partition by kind, segment) as share
from placed
group by kind, segment, topic_id
order by kind asc, segment asc, n_messages desc, topic_id asc

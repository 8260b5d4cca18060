-- One row per value of the enum field $by and topic of a field about which at least $min_people people with the value
-- wrote, the most messages first, at most 500. The share is of the value's messages.
with marked as (
    select
        event_id,
        enum_value
    from marts.fct_event_values
    where project_id = $project_id and field = $by and value_index = 1 and enum_value is not null
),

counted as (
    select
        marked.enum_value as segment,
        said.topic_id,
        count(*) as n_messages,
        count(*) / sum(count(*)) over (partition by marked.enum_value) as share,
        count(distinct people.person) as n_people
    from shown_messages as said
    inner join shown_people as people on said.session_id = people.session_id
    inner join marked on said.event_id = marked.event_id
    where said.field = $field
    group by marked.enum_value, said.topic_id
)

select
    counted.segment,
    counted.topic_id,
    topics.label,
    counted.n_messages,
    counted.share,
    counted.n_people
from counted
inner join marts.dim_topics as topics
    on topics.project_id = $project_id and counted.topic_id = topics.topic_id
where counted.n_people >= $min_people
order by counted.n_messages desc, counted.segment asc, counted.topic_id asc
limit 500

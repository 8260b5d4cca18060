-- One row per topic of a field whose first message of all is not older than $since, with the messages chosen of it.
with counted as (
    select
        topic_id,
        count(*) as n_messages
    from shown_messages
    where field = $field
    group by topic_id
)

select
    topics.topic_id,
    topics.label,
    topics.first_seen_at,
    counted.n_messages
from counted
inner join marts.dim_topics as topics
    on topics.project_id = $project_id and counted.topic_id = topics.topic_id and topics.level = 0
where topics.first_seen_at >= $since
order by counted.n_messages desc, topics.topic_id asc

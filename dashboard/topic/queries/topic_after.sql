-- One row per topic that journeys went to next, with END; shares sum to 1 over all rows.
select
    moves.to_topic_id as topic_id,
    topics.label,
    count(*) as n_transitions,
    count(*) / sum(count(*)) over () as share
from shown_transitions as moves
left join marts.dim_topics as topics
    on moves.project_id = topics.project_id and moves.to_topic_id = topics.topic_id
where moves.from_topic_id = $topic_id and not moves.is_overlong
group by moves.to_topic_id, topics.label
order by n_transitions desc, moves.to_topic_id asc

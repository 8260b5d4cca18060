-- One row per topic that journeys went on to, END included; shares sum to 1 over all rows.
select
    moves.to_topic_id as topic_id,
    topics.label,
    moves.n_transitions,
    moves.from_share as share
from marts.agg_transitions as moves
left join marts.dim_topics as topics
    on moves.project_id = topics.project_id and moves.to_topic_id = topics.topic_id
where moves.project_id = $project_id and moves.from_topic_id = $topic_id
order by moves.n_transitions desc, moves.to_topic_id asc

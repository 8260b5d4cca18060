-- One row per topic that journeys came from, START included; shares sum to 1 over all rows.
select
    moves.from_topic_id as topic_id,
    topics.label,
    moves.n_transitions,
    moves.n_transitions / sum(moves.n_transitions) over () as share
from marts.agg_transitions as moves
left join marts.dim_topics as topics
    on moves.project_id = topics.project_id and moves.from_topic_id = topics.topic_id
where moves.project_id = $project_id and moves.to_topic_id = $topic_id
order by moves.n_transitions desc, moves.from_topic_id asc

-- One row per candidate of a field that a run has made, the newest first.
select
    candidate_number,
    status,
    made_at,
    n_texts,
    n_messages,
    n_staying,
    n_later
from marts.dim_topic_candidates
where project_id = $project_id and field = $field
order by candidate_number desc

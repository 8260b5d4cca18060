-- One row: how much feedback the sessions have, its mean score, and how much of it is negative.
select
    count(*) as n_feedback,
    count(*) filter (where source = 'metadata') as n_outcomes,
    avg(score) as mean_score,
    count(*) filter (where is_negative) as n_negative,
    count(*) filter (where is_negative) / count(*) as negative_share
from shown_feedback

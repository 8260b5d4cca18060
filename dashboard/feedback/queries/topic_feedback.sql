-- One row per topic with feedback, that with the most negative feedback first: the mean score and the negative share.
select
    topic_id,
    count(*) as n_feedback,
    count(*) filter (where source = 'metadata') as n_outcomes,
    avg(score) as mean_score,
    count(*) filter (where is_negative) as n_negative,
    count(*) filter (where is_negative) / count(*) as negative_share,
    count(*) < 30 as is_small_cell
from shown_topic_feedback
group by topic_id
order by n_negative desc, n_feedback desc, topic_id asc

-- One row per topic of comments, that with the most comments first: the mean score and the negative share of the
-- feedback that has them, and the newest comment.
select
    comment_topic_id as topic_id,
    count(*) as n_comments,
    avg(score) as mean_score,
    count(*) filter (where is_negative) as n_negative,
    count(*) filter (where is_negative) / count(*) as negative_share,
    max(given_at) as last_given_at,
    left(arg_max(comment, (given_at, feedback_id)) filter (where comment != '‹text removed›'), 300) as example,
    count(*) < 30 as is_small_cell
from shown_feedback
where comment_topic_id is not null
group by comment_topic_id
order by n_comments desc, topic_id asc

-- One row per topic of comments, that with the most comments first: those given in the days, how many of them came with
-- a negative score, and how many people wrote them. A session without a named user is one person.
select
    feedback.comment_topic_id as topic_id,
    count(*) as n_comments,
    count(*) filter (where feedback.is_negative) as n_negative,
    count(distinct coalesce(sessions.user_id, sessions.session_id)) as n_people
from marts.fct_feedback as feedback
inner join marts.fct_sessions as sessions
    on feedback.project_id = sessions.project_id and feedback.session_id = sessions.session_id
where
    feedback.project_id = $project_id
    and feedback.comment_topic_id is not null
    and feedback.is_latest
    and sessions.is_automated is distinct from true
    and feedback.given_at >= $from_time
    and feedback.given_at < $until_time
group by feedback.comment_topic_id
order by n_comments desc, topic_id asc

-- One row: how many comments the feedback has, and how many of them are in a topic of comments.
select
    count(*) as n_comments,
    count(comment_topic_id) as n_in_topics
from shown_feedback
where comment_topic_status is not null

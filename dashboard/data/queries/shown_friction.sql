-- One row per session and topic of its journey, with the signs of friction that it shows, without overlong sessions.
with returned as (
    select distinct
        from_session_id,
        topic_id
    from shown_topic_returns
)

select
    visits.session_id,
    visits.topic_id,
    visits.user_id,
    visits.session_date,
    visits.is_rephrased,
    visits.is_loop,
    visits.is_last,
    returned.from_session_id is not null as is_followed_by_return,
    visits.is_rephrased or visits.is_loop or returned.from_session_id is not null as has_friction
from shown_session_topics as visits
left join returned
    on visits.session_id = returned.from_session_id and visits.topic_id = returned.topic_id
where not visits.is_overlong

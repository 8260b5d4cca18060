-- One row per session and topic of its journey, with the signs of friction that it shows and what the app said
-- about answers, without overlong sessions.
with returned as (
    select distinct
        from_session_id,
        topic_id
    from shown_topic_returns
),

-- Null for a project that the projects database does not know.
own as (
    select max(late_after_s) as late_after_s
    from marts.dim_projects
    where project_id = $project_id
)

select
    visits.session_id,
    visits.topic_id,
    visits.user_id,
    visits.session_date,
    visits.is_rephrased,
    visits.is_loop,
    visits.is_last,
    visits.slowest_reply_ms > own.late_after_s * 1000 as is_answer_late,
    visits.is_answer_missing,
    returned.from_session_id is not null as is_followed_by_return,
    visits.is_rephrased or visits.is_loop or returned.from_session_id is not null as has_friction
from shown_session_topics as visits
cross join own
left join returned
    on visits.session_id = returned.from_session_id and visits.topic_id = returned.topic_id
where not visits.is_overlong

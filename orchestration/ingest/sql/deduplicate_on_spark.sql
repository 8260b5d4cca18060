-- Spark's statement. Of several copies of an event_id the same one stays as in insert_landed_events.sql. Of copies with
-- the same content, the first that was loaded stays.
with counted as (
    select landed.*
    from landed
    inner join marks on landed.segment = marks.segment and landed.load = marks.load
    anti join released on landed.segment = released.segment and landed.line_number = released.line_number
    where landed.reason is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by project_id, event_id
            order by
                not session_id_given,
                not user_id_given,
                received_at,
                occurred_at,
                name,
                session_id,
                user_id,
                metadata,
                load,
                segment,
                line_number
        ) as copy_rank
    from counted
)

select
    project_id,
    event_id,
    name,
    session_id,
    session_id_given as is_session_id_given,
    user_id,
    user_id_given as is_user_id_given,
    occurred_at,
    received_at,
    metadata,
    segment,
    line_number
from ranked
where copy_rank = 1

-- Spark's statement. Of several copies of an event_id the same one stays as in insert_landed_events.sql. Of copies with
-- the same content, the first that was loaded stays. Files are as large as Spark advises, and each has one day.
with candidates as (
    select
        project_id,
        event_id,
        name,
        session_id,
        is_session_id_given,
        user_id,
        is_user_id_given,
        occurred_at,
        received_at,
        metadata,
        segment,
        line_number,
        load
    from counted

    union all

    select
        project_id,
        event_id,
        name,
        session_id,
        is_session_id_given,
        user_id,
        is_user_id_given,
        occurred_at,
        received_at,
        metadata,
        segment,
        line_number,
        -1 as load
    from present
),

ranked as (
    select
        *,
        row_number() over (
            partition by project_id, event_id
            order by
                not is_session_id_given,
                not is_user_id_given,
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
    from candidates
)

select /*+ rebalance(project, day) */
    project_id,
    event_id,
    name,
    session_id,
    is_session_id_given,
    user_id,
    is_user_id_given,
    occurred_at,
    received_at,
    metadata,
    segment,
    line_number,
    project_id as project,
    date(occurred_at) as day
from ranked
where copy_rank = 1

{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_journeys__touched", "key": "session_id"},
            "day": "session_date",
            "rebuild_on": ["rebuild_goals"],
            "rebuild": "By session: those whose events, fields or topics have changed. In full if a goal was set, changed or removed, because it is evaluated over all sessions."
        }
    )
}}

with goals as (
    select
        *,
        {{ as_number('value') }} as number_value
    from {{ ref('stg_raw__goals') }}
),

-- Projects without a goal are not read at all.
sessions as (
    select * from (
        select * from {{ ref('fct_sessions') }}
        {{ only_touched('int_journeys__touched') }}
    ) as touched
    where project_id in (select goals.project_id from goals)
),

events as (
    select * from {{ ref('int_events__sessionized') }}
    where (project_id, session_id) in (
        select
            sessions.project_id,
            sessions.session_id
        from sessions
    )
),

landed as (
    select * from {{ ref('int_events__counted') }}
),

event_values as (
    select * from (
        select * from {{ ref('int_event_values__flattened') }}
        {{ only_of('events', 'event_id') }}
    ) as touched
    where (project_id, field) in (
        select
            goals.project_id,
            goals.field
        from goals
    )
),

messages as (
    select * from {{ ref('int_messages__judged') }}
    {{ only_touched('int_journeys__touched') }}
),

feedback as (
    select
        project_id,
        session_id,
        event_id,
        case when score > 0 then 'positive' when is_negative then 'negative' end as verdict
    from (
        select * from {{ ref('fct_feedback') }}
        {{ only_touched('int_journeys__touched') }}
    ) as touched
    where is_latest and is_linked
),

steps as (
    select * from {{ ref('fct_session_steps') }}
    {{ only_touched('int_journeys__touched') }}
),

-- An event may match a goal several times, by two elements of an array; it counts once.
goal_events as (
    select
        goals.project_id,
        goals.goal,
        landed.event_id
    from goals
    inner join landed
        on
            goals.project_id = landed.project_id
            and goals.value = landed.name
    where
        goals.kind = 'event'
        and (landed.project_id, landed.event_id) in (
            select
                events.project_id,
                events.event_id
            from events
        )

    union

    select
        goals.project_id,
        goals.goal,
        event_values.event_id
    from goals
    inner join event_values
        on
            goals.project_id = event_values.project_id
            and goals.field = event_values.field
            and (goals.value = event_values.value or goals.number_value = event_values.number_value)
    where goals.kind = 'field'

    union

    select
        goals.project_id,
        goals.goal,
        messages.event_id
    from goals
    inner join messages
        on
            goals.project_id = messages.project_id
            and goals.value = messages.topic_id
    where goals.kind = 'topic' and messages.topic_status = 'assigned'

    union

    -- Feedback about a session, or about an event that is not known, counts at the end of the session.
    select
        goals.project_id,
        goals.goal,
        coalesce(about_events.event_id, last_events.event_id) as event_id
    from goals
    inner join feedback
        on
            goals.project_id = feedback.project_id
            and goals.value = feedback.verdict
    inner join sessions
        on
            feedback.project_id = sessions.project_id
            and feedback.session_id = sessions.session_id
    inner join events as last_events
        on
            sessions.project_id = last_events.project_id
            and sessions.session_id = last_events.session_id
            and sessions.n_events = last_events.event_index_in_session
    left join events as about_events
        on
            feedback.project_id = about_events.project_id
            and feedback.event_id = about_events.event_id
    where goals.kind = 'feedback'
),

placed as (
    select
        goal_events.project_id,
        goal_events.goal,
        events.session_id,
        events.event_id,
        events.occurred_at,
        row_number() over (
            partition by goal_events.project_id, goal_events.goal, events.session_id
            order by events.event_index_in_session
        ) as place,
        count(*) over (
            partition by goal_events.project_id, goal_events.goal, events.session_id
        ) as n_goal_events
    from goal_events
    inner join events
        on
            goal_events.project_id = events.project_id
            and goal_events.event_id = events.event_id
),

reached as (
    select * from placed
    where place = 1
),

steps_to_goal as (
    select
        reached.project_id,
        reached.goal,
        reached.session_id,
        count(*) as n_steps_to_goal
    from reached
    inner join steps
        on
            reached.project_id = steps.project_id
            and reached.session_id = steps.session_id
            and reached.occurred_at >= steps.started_at
    group by reached.project_id, reached.goal, reached.session_id
)

select
    goals.project_id,
    goals.goal,
    sessions.session_id,
    sessions.user_id,
    reached.event_id is not null as is_reached,
    reached.event_id as reached_event_id,
    reached.occurred_at as reached_at,
    {{ seconds_between('sessions.started_at', 'reached.occurred_at') }} as time_to_goal_s,
    case when reached.event_id is not null then coalesce(steps_to_goal.n_steps_to_goal, 0) end as n_steps_to_goal,
    coalesce(reached.n_goal_events, 0) as n_goal_events,
    sessions.session_date,
    sessions.is_overlong,
    sessions.is_automated
from goals
inner join sessions on goals.project_id = sessions.project_id
left join reached
    on
        goals.project_id = reached.project_id
        and goals.goal = reached.goal
        and sessions.session_id = reached.session_id
left join steps_to_goal
    on
        goals.project_id = steps_to_goal.project_id
        and goals.goal = steps_to_goal.goal
        and sessions.session_id = steps_to_goal.session_id

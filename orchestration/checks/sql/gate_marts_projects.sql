-- One row per project and number to reconcile; expectations/marts.py says which of them must be equal.
with measures as (
    select
        project_id,
        'raw_events' as measure,
        count(*) as n
    from raw.events
    group by project_id

    union all

    select
        events.project_id,
        'events_not_deleted' as measure,
        count(*) as n
    from raw.events
    left join raw.set_apart_events as apart
        on events.project_id = apart.project_id and events.event_id = apart.event_id
    where
        apart.reason is distinct from 'deleted'
        and not (events.name = 'turret.feedback' and events.event_id like 'turret.feedback:%')
    group by events.project_id

    union all

    select
        feedback.project_id,
        'feedback_not_deleted' as measure,
        count(*) as n
    from raw.events as feedback
    left join raw.set_apart_events as apart
        on feedback.project_id = apart.project_id and feedback.event_id = apart.event_id
    left join raw.set_apart_events as event_apart
        on
            feedback.project_id = event_apart.project_id
            and (feedback.metadata ->> '$.event_id') = event_apart.event_id
    where
        apart.reason is distinct from 'deleted'
        and event_apart.reason is distinct from 'deleted'
        and feedback.name = 'turret.feedback'
        and feedback.event_id like 'turret.feedback:%'
    group by feedback.project_id

    union all

    select
        project_id,
        unnest(['feedback', 'assigned_comments']) as measure,
        unnest([count(*), count(*) filter (where comment_topic_status = 'assigned')]) as n
    from marts.fct_feedback
    where source = 'people'
    group by project_id

    union all

    select
        project_id,
        unnest(['events', 'counted_events', 'events_of_named_users']) as measure,
        unnest(
            [
                count(*),
                count(*) filter (where set_apart_reason is null),
                count(*) filter (where is_user_id_given and set_apart_reason is null)
            ]
        ) as n
    from marts.fct_events
    group by project_id

    union all

    select
        project_id,
        unnest(
            [
                'sessions',
                'sessions_of_people',
                'events_of_sessions',
                'steps_of_sessions',
                'messages_of_sessions',
                'messages_on_and_off_the_way',
                'moves_due',
                'walked_sessions',
                'walked_steps',
                'user_moves_due'
            ]
        ) as measure,
        unnest(
            [
                count(*),
                count(*) filter (where not is_automated),
                sum(n_events),
                sum(n_steps),
                sum(n_messages),
                sum(n_filler + n_noise + n_pending),
                sum(n_steps + 1) filter (where n_steps > 0),
                count(*) filter (where n_steps > 0 and not is_overlong),
                sum(n_steps) filter (where not is_overlong),
                count(*) filter (where n_steps > 0 and user_id is not null)
                - count(distinct user_id) filter (where n_steps > 0)
            ]
        ) as n
    from marts.fct_sessions
    group by project_id

    union all

    select
        project_id,
        'events_of_users' as measure,
        sum(n_events) as n
    from marts.dim_users
    group by project_id

    union all

    select
        project_id,
        unnest(['journey_messages', 'assigned_messages']) as measure,
        unnest(
            [
                count(*) filter (where is_journey_field),
                count(*) filter (where topic_status = 'assigned')
            ]
        ) as n
    from marts.fct_messages
    group by project_id

    union all

    select
        project_id,
        if(field = 'turret.feedback.comment', 'comments_of_topics', 'messages_of_topics') as measure,
        sum(n_messages) as n
    from marts.dim_topics
    where level = 0
    group by all

    union all

    select
        project_id,
        'messages_of_days' as measure,
        sum(n_messages) as n
    from marts.agg_topic_daily
    group by project_id

    union all

    select
        project_id,
        unnest(['steps', 'messages_on_and_off_the_way']) as measure,
        unnest([count(*), sum(n_messages)]) as n
    from marts.fct_session_steps
    group by project_id

    union all

    select
        project_id,
        unnest(['paths', 'steps_of_paths']) as measure,
        unnest([count(*), sum(len(path))]) as n
    from marts.fct_session_paths
    group by project_id

    union all

    select
        project_id,
        unnest(['moves', 'walked_moves']) as measure,
        unnest([count(*), count(*) filter (where not is_overlong)]) as n
    from marts.fct_transitions
    group by project_id

    union all

    select
        project_id,
        'moves_of_pairs' as measure,
        sum(n_transitions) as n
    from marts.agg_transitions
    group by project_id

    union all

    select
        project_id,
        'moves_of_days' as measure,
        sum(n_transitions) as n
    from marts.agg_transitions_daily
    group by project_id

    union all

    select
        project_id,
        unnest(['steps_of_flow', 'entries_of_flow', 'exits_of_flow']) as measure,
        unnest([sum(n_steps), sum(n_entries), sum(n_exits)]) as n
    from marts.agg_topic_flow
    group by project_id

    union all

    select
        project_id,
        unnest(['variants', 'worst_variant_rank', 'sessions_of_variants']) as measure,
        unnest([count(*), max(variant_rank), sum(n_sessions)]) as n
    from marts.agg_journey_variants
    group by project_id

    union all

    select
        project_id,
        'user_moves' as measure,
        count(*) as n
    from marts.fct_user_transitions
    group by project_id

    union all

    select
        project_id,
        'fields' as measure,
        count(*) as n
    from marts.dim_fields
    group by project_id

    union all

    select
        project_id,
        'newest_types' as measure,
        count(*) as n
    from marts.dim_field_history
    where is_newest
    group by project_id

    union all

    select
        project_id,
        'events_of_runs' as measure,
        sum(n_rows_out) as n
    from marts.agg_pipeline_runs
    group by project_id
)

select
    project_id,
    measure,
    coalesce(n, 0)::bigint as n
from measures

-- One row per project and kind of fault in a mart: the number of rows, and the keys of a few of them.
-- `$tolerance` is the rounding error that shares may have.
with session_moves as (
    select
        project_id,
        session_id,
        count(*) as n_moves
    from marts.fct_transitions
    group by project_id, session_id
),

details as (
    select
        project_id,
        session_id,
        n_details as n
    from marts.fct_session_steps

    union all

    select
        project_id,
        session_id,
        -1 as n
    from marts.fct_messages
    where message_role = 'continues'
),

pair_moves as (
    select
        project_id,
        from_topic_id,
        to_topic_id,
        n_transitions as n
    from marts.agg_transitions

    union all

    select
        project_id,
        from_topic_id,
        to_topic_id,
        -n_transitions as n
    from marts.agg_transitions_daily
),

flows as (
    select
        project_id,
        unnest([from_topic_id, to_topic_id]) as topic_id,
        unnest([-n_transitions, n_transitions]) as n_moves
    from marts.agg_transitions
),

daily_flows as (
    select
        project_id,
        session_date,
        unnest([from_topic_id, to_topic_id]) as topic_id,
        unnest([-n_transitions, n_transitions]) as n_moves
    from marts.agg_transitions_daily
),

segment_flows as (
    select
        project_id,
        field,
        segment_kind,
        segment,
        unnest([from_topic_id, to_topic_id]) as topic_id,
        unnest([-n_transitions, n_transitions]) as n_moves
    from marts.agg_transitions_by_segment
),

faults as (
    select
        'session_ends_before_it_starts' as fault,
        project_id,
        session_id as key
    from marts.fct_sessions
    where duration_s < 0

    union all

    select
        'session_without_events' as fault,
        project_id,
        session_id as key
    from marts.fct_sessions
    where n_events < 1

    union all

    select
        'journey_with_other_moves' as fault,
        sessions.project_id,
        sessions.session_id as key
    from marts.fct_sessions as sessions
    left join session_moves as moves
        on sessions.project_id = moves.project_id and sessions.session_id = moves.session_id
    where coalesce(moves.n_moves, 0) != if(sessions.n_steps = 0, 0, sessions.n_steps + 1)

    union all

    select
        'step_with_other_details' as fault,
        project_id,
        session_id as key
    from details
    group by project_id, session_id
    having sum(n) != 0

    union all

    select
        'days_of_a_pair_off_its_sum' as fault,
        project_id,
        concat_ws(' ', from_topic_id, to_topic_id) as key
    from pair_moves
    group by project_id, from_topic_id, to_topic_id
    having sum(n) != 0

    union all

    select
        'topic_keeps_visitors' as fault,
        project_id,
        topic_id as key
    from flows
    where topic_id not in ('START', 'END')
    group by project_id, topic_id
    having sum(n_moves) != 0

    union all

    select
        'topic_keeps_visitors_of_a_day' as fault,
        project_id,
        concat_ws(' ', topic_id, session_date) as key
    from daily_flows
    where topic_id not in ('START', 'END')
    group by project_id, session_date, topic_id
    having sum(n_moves) != 0

    union all

    select
        'topic_keeps_visitors_of_a_segment' as fault,
        project_id,
        concat_ws(' ', topic_id, field, segment_kind) as key
    from segment_flows
    where topic_id not in ('START', 'END')
    group by project_id, field, segment_kind, segment, topic_id
    having sum(n_moves) != 0

    union all

    select
        'move_shares_off_one' as fault,
        project_id,
        from_topic_id as key
    from marts.agg_transitions
    group by project_id, from_topic_id
    having not abs(sum(from_share) - 1) <= $tolerance

    union all

    select
        'move_shares_of_a_day_off_one' as fault,
        project_id,
        concat_ws(' ', from_topic_id, session_date) as key
    from marts.agg_transitions_daily
    group by project_id, session_date, from_topic_id
    having not abs(sum(from_share) - 1) <= $tolerance

    union all

    select
        'move_shares_of_a_segment_off_one' as fault,
        project_id,
        concat_ws(' ', from_topic_id, field, segment_kind) as key
    from marts.agg_transitions_by_segment
    group by project_id, field, segment_kind, segment, from_topic_id
    having not abs(sum(from_share) - 1) <= $tolerance

    union all

    select
        'variant_shares_off_one' as fault,
        project_id,
        'all variants' as key
    from marts.agg_journey_variants
    group by project_id
    having not abs(sum(session_share) - 1) <= $tolerance or not abs(max(running_share) - 1) <= $tolerance

    union all

    select
        'segment_shares_off_one' as fault,
        project_id,
        field as key
    from marts.agg_segments
    group by project_id, field
    having not abs(sum(session_share) - 1) <= $tolerance or not abs(max(running_share) - 1) <= $tolerance

    union all

    select
        'outcome_shares_off_one' as fault,
        project_id,
        goal as key
    from marts.agg_goal_variants
    group by project_id, goal
    having abs(sum(share_of_reached) - 1) > $tolerance or abs(sum(share_of_unreached) - 1) > $tolerance

    union all

    select
        'drop_off_outside_its_interval' as fault,
        project_id,
        topic_id as key
    from marts.agg_topic_flow
    where
        not (
            drop_off_low between 0 and drop_off_share + $tolerance
            and drop_off_high between drop_off_share - $tolerance and 1
            and abs(drop_off_share * n_steps - n_exits) <= $tolerance * n_steps
        )

    union all

    select
        'session_with_several_main_topics' as fault,
        project_id,
        session_id as key
    from marts.fct_session_topics
    group by project_id, session_id
    having count(*) filter (where is_main) != 1 or count(*) filter (where is_last) != 1

    union all

    select
        'friction_outside_its_interval' as fault,
        project_id,
        topic_id as key
    from marts.agg_topic_friction
    where
        not (
            friction_low between 0 and friction_share + $tolerance
            and friction_high between friction_share - $tolerance and 1
            and n_friction between greatest(n_rephrased, n_loops, n_returns) and n_sessions
            and n_returns <= n_sessions_with_user
        )

    union all

    select
        'feedback_outside_its_scale' as fault,
        project_id,
        feedback_id as key
    from marts.fct_feedback
    where score not between -1 and 1 or is_negative != (score < 0) or given_score not between -1 and coalesce(scale, 1)

    union all

    select
        'feedback_of_an_unknown_session' as fault,
        feedback.project_id,
        feedback.feedback_id as key
    from marts.fct_feedback as feedback
    left join marts.fct_sessions as sessions
        on feedback.project_id = sessions.project_id and feedback.session_id = sessions.session_id
    where feedback.is_linked != (sessions.session_id is not null)

    union all

    select
        'feedback_counted_twice' as fault,
        project_id,
        any_value(feedback_id) as key
    from marts.fct_feedback
    group by
        project_id,
        source,
        if(source = 'metadata', label, null),
        event_id is null,
        coalesce(event_id, session_id),
        user_id
    having count(*) filter (where is_latest) != 1

    union all

    select
        'goal_outside_its_interval' as fault,
        project_id,
        goal as key
    from marts.agg_goals
    where
        not (
            reached_low between 0 and reached_share + $tolerance
            and reached_high between reached_share - $tolerance and 1
            and abs(reached_share * n_sessions - n_reached) <= $tolerance * n_sessions
        )
        or not (
            user_reached_low between 0 and user_reached_share + $tolerance
            and user_reached_high between user_reached_share - $tolerance and 1
            and abs(user_reached_share * n_users - n_users_reached) <= $tolerance * n_users
        )

    union all

    select
        'goal_topic_outside_its_interval' as fault,
        project_id,
        concat_ws(' ', goal, topic_id) as key
    from marts.agg_goal_topics
    where
        not (
            reached_low between 0 and reached_share + $tolerance
            and reached_high between reached_share - $tolerance and 1
            and drop_off_low between 0 and drop_off_share + $tolerance
            and drop_off_high between drop_off_share - $tolerance and 1
            and n_reached_after <= n_reached
            and n_reached + n_dropped <= n_sessions
        )

    union all

    select
        'goal_variant_outside_its_interval' as fault,
        project_id,
        concat_ws(' ', goal, variant_id) as key
    from marts.agg_goal_variants
    where
        not (
            reached_low between 0 and reached_share + $tolerance
            and reached_high between reached_share - $tolerance and 1
        )

    union all

    select
        'goal_time_without_goal' as fault,
        project_id,
        concat_ws(' ', goal, session_id) as key
    from marts.fct_goal_sessions
    where
        is_reached != (reached_event_id is not null)
        or is_reached != (n_goal_events > 0)
        or coalesce(time_to_goal_s, 0) < 0

    union all

    select
        'user_seen_backwards' as fault,
        project_id,
        user_id as key
    from marts.dim_users
    where first_seen_at > last_seen_at or n_sessions > n_events

    union all

    select
        'value_of_another_type' as fault,
        project_id,
        concat_ws(' ', event_id, field) as key
    from marts.fct_event_values
    where
        (value_type = 'number') != (number_value is not null)
        or (value_type = 'enum') != (enum_value is not null)

    union all

    select
        'field_type_jumps' as fault,
        project_id,
        field as key
    from marts.dim_field_history
    group by project_id, field
    having max(version) != count(*) or count(*) filter (where is_newest) != 1

    union all

    select
        'lineage_with_a_loose_end' as fault,
        project_id,
        concat_ws(' ', run_id, coalesce(to_topic_id, from_topic_id)) as key
    from marts.fct_topic_lineage
    where
        (change = 'born') != (from_topic_id is null)
        or (change = 'died') != (to_topic_id is null)
        or not similarity between 0 and 1

    union all

    select
        'place_of_no_message' as fault,
        places.project_id,
        concat_ws(' ', places.event_id, places.field) as key
    from marts.fct_message_places as places
    left join marts.fct_messages as messages
        on
            places.project_id = messages.project_id
            and places.event_id = messages.event_id
            and places.field = messages.field
    where messages.event_id is null or not isfinite(places.x) or not isfinite(places.y)

    union all

    select
        'run_that_lost_lines' as fault,
        project_id,
        run_id as key
    from marts.agg_pipeline_runs
    where n_rows_in != n_rows_out + n_duplicates + n_rejected or not coalesce(noise_share, 0) between 0 and 1
)

select
    project_id,
    fault,
    count(*) as n_failing,
    min(left(key, 80), 5) as failing_keys
from faults
group by project_id, fault

-- One row per session, newest first, one page of them: those that moved from $source to $target (at $step of the flow,
-- if given), wrote about $topic (and showed the $sign of friction, if given), have any or negative $feedback (about
-- $topic, if given), visited $visited on their journey, took the path $variant, reached $goal or not, or belong to a
-- user. Parameters that are null are ignored.
with flowed as (
    select distinct session_id
    from shown_flow
    where
        step = $step
        and ($source is null or source = $source)
        and ($target is null or target = $target)
),

moved as (
    select distinct session_id
    from shown_transitions
    where
        $step is null
        and from_topic_id = $source
        and to_topic_id = $target
        and not is_overlong
),

written as (
    select distinct session_id
    from shown_messages
    where topic_id = $topic
),

signed as (
    select visits.session_id
    from shown_session_topics as visits
    where
        visits.topic_id = $topic
        and not visits.is_overlong
        and (
            $sign = 'any'
            or ($sign in ('again', 'friction') and visits.is_rephrased)
            or ($sign in ('circles', 'friction') and visits.is_loop)
            or (
                $sign in ('back', 'friction')
                and visits.session_id in (
                    select topic_returns.from_session_id
                    from shown_topic_returns as topic_returns
                    where topic_returns.topic_id = $topic
                )
            )
            or ($sign = 'last' and visits.is_last)
        )

    union

    select answers.session_id
    from shown_friction as answers
    where
        answers.topic_id = $topic
        and (($sign = 'late' and answers.is_answer_late) or ($sign = 'missing' and answers.is_answer_missing))
),

rated as (
    select session_id
    from shown_feedback
    where $topic is null and ($feedback = 'any' or is_negative)

    union

    select session_id
    from shown_topic_feedback
    where topic_id = $topic and ($feedback = 'any' or is_negative)
),

passed as (
    select session_id
    from shown_paths
    where
        ($visited is null or (not is_overlong and list_contains(path, $visited)))
        and ($variant is null or variant_id = $variant)
),

judged as (
    select session_id
    from shown_goal_sessions
    where goal = $goal and is_reached = $is_reached and not is_overlong
),

listed as (
    select
        sessions.session_id,
        count(*) over () as n_found
    from shown_sessions as sessions
    where
        ($step is null or sessions.session_id in (select flowed.session_id from flowed))
        and ($step is not null or $source is null or sessions.session_id in (select moved.session_id from moved))
        and ($sign is null or sessions.session_id in (select signed.session_id from signed))
        and ($feedback is null or sessions.session_id in (select rated.session_id from rated))
        and (
            $topic is null
            or $sign is not null
            or $feedback is not null
            or sessions.session_id in (select written.session_id from written)
        )
        and (($visited is null and $variant is null) or sessions.session_id in (select passed.session_id from passed))
        and ($goal is null or sessions.session_id in (select judged.session_id from judged))
        and ($user is null or sessions.user_id = $user)
    order by sessions.started_at desc, sessions.session_id asc
    limit $page_size offset $offset
),

paths as (
    select
        session_id,
        path
    from shown_paths
    where session_id in (select listed.session_id from listed)
)

select
    sessions.session_id,
    sessions.user_id,
    sessions.started_at,
    sessions.duration_s,
    sessions.n_events,
    sessions.n_messages,
    sessions.is_overlong,
    paths.path,
    listed.n_found
from marts.fct_sessions as sessions
inner join listed on sessions.session_id = listed.session_id
left join paths on sessions.session_id = paths.session_id
where sessions.project_id = $project_id
order by sessions.started_at desc, sessions.session_id asc

-- One row per message of the choice that matches all of the patterns that are given, newest first, $most of them;
-- n_found counts all of them.
with found as (
    select
        event_id,
        field,
        text,
        session_id,
        user_id,
        topic_id,
        occurred_at
    from shown_messages
    where
        regexp_matches(text, $pattern_1)
        and ($pattern_2 is null or regexp_matches(text, $pattern_2))
        and ($pattern_3 is null or regexp_matches(text, $pattern_3))
        and ($pattern_4 is null or regexp_matches(text, $pattern_4))
        and ($pattern_5 is null or regexp_matches(text, $pattern_5))
        and ($pattern_6 is null or regexp_matches(text, $pattern_6))
),

listed as (
    select
        *,
        count(*) over () as n_found
    from found
    order by occurred_at desc, event_id asc, field asc
    limit $most
)

select
    listed.event_id,
    listed.field,
    listed.text,
    listed.session_id,
    listed.topic_id,
    listed.occurred_at,
    listed.n_found,
    case when sessions.is_user_id_given then listed.user_id end as user_id
from listed
left join (
    select
        event_id,
        is_user_id_given
    from marts.fct_events
    where project_id = $project_id and event_id in (select found_ids.event_id from listed as found_ids)
) as sessions on listed.event_id = sessions.event_id
order by listed.occurred_at desc, listed.event_id asc, listed.field asc

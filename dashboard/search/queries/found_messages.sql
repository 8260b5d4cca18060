-- One row per message under the filters that matches all terms, newest first, $most of them; n_found counts all of
-- them. A case-insensitive pattern is fast. The one that also ignores accents is tried only if the first has failed and
-- the text is not pure ASCII.
with found as materialized (
    select
        event_id,
        field,
        occurred_at
    from shown_messages
    where
        (
            $pattern_1 is null
            or regexp_matches(text, $pattern_1)
            or (strlen(text) <> length(text) and regexp_matches(text, $folding_1))
        )
        and (
            $pattern_2 is null
            or regexp_matches(text, $pattern_2)
            or (strlen(text) <> length(text) and regexp_matches(text, $folding_2))
        )
        and (
            $pattern_3 is null
            or regexp_matches(text, $pattern_3)
            or (strlen(text) <> length(text) and regexp_matches(text, $folding_3))
        )
        and (
            $pattern_4 is null
            or regexp_matches(text, $pattern_4)
            or (strlen(text) <> length(text) and regexp_matches(text, $folding_4))
        )
        and (
            $pattern_5 is null
            or regexp_matches(text, $pattern_5)
            or (strlen(text) <> length(text) and regexp_matches(text, $folding_5))
        )
        and (
            $pattern_6 is null
            or regexp_matches(text, $pattern_6)
            or (strlen(text) <> length(text) and regexp_matches(text, $folding_6))
        )
),

listed as (
    select *
    from found
    order by occurred_at desc, event_id asc, field asc
    limit $most
),

senders as (
    select
        events.event_id,
        events.is_user_id_given
    from marts.fct_events as events
    semi join listed on events.event_id = listed.event_id
    where events.project_id = $project_id
)

select
    messages.event_id,
    messages.field,
    messages.text,
    messages.session_id,
    messages.topic_id,
    messages.occurred_at,
    (select count(*) from found) as n_found,
    case when senders.is_user_id_given then messages.user_id end as user_id
from marts.fct_messages as messages
inner join listed on messages.event_id = listed.event_id and messages.field = listed.field
left join senders on messages.event_id = senders.event_id
where messages.project_id = $project_id
order by messages.occurred_at desc, messages.event_id asc, messages.field asc

-- One row per message of the choice that matches all of the terms that are given, newest first, $most of them; n_found
-- counts all of them. In a text of ASCII alone a term is found without a regular expression: five times as fast.
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
        case
            when $pattern_1 is null then true
            when strlen(text) <> length(text) then regexp_matches(text, $pattern_1)
            else contains(lower(text), $word_1) and ($phrase_1 is null or regexp_matches(text, $phrase_1))
        end
        and case
            when $pattern_2 is null then true
            when strlen(text) <> length(text) then regexp_matches(text, $pattern_2)
            else contains(lower(text), $word_2) and ($phrase_2 is null or regexp_matches(text, $phrase_2))
        end
        and case
            when $pattern_3 is null then true
            when strlen(text) <> length(text) then regexp_matches(text, $pattern_3)
            else contains(lower(text), $word_3) and ($phrase_3 is null or regexp_matches(text, $phrase_3))
        end
        and case
            when $pattern_4 is null then true
            when strlen(text) <> length(text) then regexp_matches(text, $pattern_4)
            else contains(lower(text), $word_4) and ($phrase_4 is null or regexp_matches(text, $phrase_4))
        end
        and case
            when $pattern_5 is null then true
            when strlen(text) <> length(text) then regexp_matches(text, $pattern_5)
            else contains(lower(text), $word_5) and ($phrase_5 is null or regexp_matches(text, $phrase_5))
        end
        and case
            when $pattern_6 is null then true
            when strlen(text) <> length(text) then regexp_matches(text, $pattern_6)
            else contains(lower(text), $word_6) and ($phrase_6 is null or regexp_matches(text, $phrase_6))
        end
),

listed as (
    select
        *,
        count(*) over () as n_found
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
    listed.event_id,
    listed.field,
    listed.text,
    listed.session_id,
    listed.topic_id,
    listed.occurred_at,
    listed.n_found,
    case when senders.is_user_id_given then listed.user_id end as user_id
from listed
left join senders on listed.event_id = senders.event_id
order by listed.occurred_at desc, listed.event_id asc, listed.field asc

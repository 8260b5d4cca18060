-- The topic of each text that goes, by the hash that the text has without itself. What people moved, or what counts for
-- the next nearest topic because its own is retired, keeps that topic.
with said as (
    select distinct
        messages.project_id,
        messages.event_id,
        messages.field,
        messages.text_hash
    from extracted as messages
    where
        (messages.project_id, messages.event_id, messages.field) in (
            select
                aged_texts.project_id,
                aged_texts.event_id,
                aged_texts.field
            from aged_texts
        )
),

event_values as (
    select
        project_id,
        event_id,
        field,
        value_index,
        value
    from intermediate.int_event_values__flattened
    where
        (project_id, event_id, field) in (
            select
                said.project_id,
                said.event_id,
                said.field
            from said
        )

    union all

    select *
    from aged_texts
    where field = 'turret.feedback.comment'
),

replaced as (
    select
        event_values.project_id,
        event_values.event_id,
        event_values.field,
        left(
            sha256(
                string_agg(coalesce(tokens.token, event_values.value), chr(10) order by event_values.value_index)
            ), 32
        ) as text_hash
    from event_values
    left join reworded_texts
        on
            event_values.project_id = reworded_texts.project_id
            and event_values.event_id = reworded_texts.event_id
            and event_values.field = reworded_texts.field
    left join tokens
        on
            event_values.project_id = tokens.project_id
            and event_values.value = tokens.value
            and tokens.is_reworded = (reworded_texts.event_id is not null)
    group by event_values.project_id, event_values.event_id, event_values.field
),

verdicts as (
    select
        said.project_id,
        said.event_id,
        said.field,
        coalesce(
            case when edited.state = 'retired' then retired.topic_id end, moved.topic_id, found.topic_id
        ) as topic_id,
        case when moved.topic_id is not null then 'assigned' else found.topic_status end as topic_status,
        case
            when edited.state = 'retired' and retired.topic_id is not null then retired.topic_confidence
            when moved.topic_id is not null then 1.0
            else found.topic_confidence
        end as topic_confidence,
        case when moved.topic_id is null then found.topic_reason end as topic_reason
    from said
    left join ml.text_topics as found
        on
            said.project_id = found.project_id
            and said.field = found.field
            and said.text_hash = found.text_hash
    left join ml.moved_texts as moved
        on
            said.project_id = moved.project_id
            and said.field = moved.field
            and said.text_hash = moved.text_hash
    left join ml.edited_topics as edited
        on said.project_id = edited.project_id and coalesce(moved.topic_id, found.topic_id) = edited.topic_id
    left join ml.retired_texts as retired
        on
            said.project_id = retired.project_id
            and said.field = retired.field
            and said.text_hash = retired.text_hash
)

select
    replaced.project_id,
    replaced.field,
    replaced.text_hash,
    any_value(verdicts.topic_id) as topic_id,
    case
        when any_value(verdicts.topic_status) in ('assigned', 'filler') then any_value(verdicts.topic_status)
        else 'noise'
    end as topic_status,
    any_value(verdicts.topic_confidence) as topic_confidence,
    case
        when any_value(verdicts.topic_status) in ('noise', 'filler') then any_value(verdicts.topic_reason)
        when any_value(verdicts.topic_status) = 'assigned' then null
        else 'text removed'
    end as topic_reason
from replaced
inner join verdicts
    on
        replaced.project_id = verdicts.project_id
        and replaced.event_id = verdicts.event_id
        and replaced.field = verdicts.field
group by replaced.project_id, replaced.field, replaced.text_hash

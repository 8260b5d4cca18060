-- How sessions use the topics of a journey field, with messages counted after people's edits.
with judged as (
    select
        project_id,
        field,
        text_hash,
        topic_id
    from ml.text_topics

    union all

    select
        project_id,
        field,
        text_hash,
        topic_id
    from ml.removed_texts
),

texts as (
    select
        found.text_hash,
        case
            when edited.topic_id is null then coalesce(moved.topic_id, found.topic_id)
            when edited.state = 'retired' then coalesce(heirs.shown_topic_id, retired.topic_id)
            else edited.shown_topic_id
        end as topic_id,
        wants.want
    from judged as found
    left join ml.moved_texts as moved
        on
            found.project_id = moved.project_id
            and found.field = moved.field
            and found.text_hash = moved.text_hash
    left join ml.edited_topics as edited
        on
            found.project_id = edited.project_id
            and coalesce(moved.topic_id, found.topic_id) = edited.topic_id
    left join ml.retired_texts as retired
        on
            found.project_id = retired.project_id
            and found.field = retired.field
            and found.text_hash = retired.text_hash
    left join ml.edited_topics as heirs
        on found.project_id = heirs.project_id and retired.topic_id = heirs.topic_id
    left join ml.own_texts
        on
            found.project_id = own_texts.project_id
            and found.field = own_texts.field
            and found.text_hash = own_texts.text_hash
    left join ml.text_wants as wants
        on coalesce(own_texts.own_hash, found.text_hash) = wants.text_hash and wants.model_id = $model_id
    where found.project_id = $project_id and found.field = $field
),

said as (
    select
        messages.session_id,
        messages.event_index_in_session,
        texts.topic_id,
        texts.want
    from intermediate.int_messages__extracted as messages
    inner join texts on messages.text_hash = texts.text_hash
    anti join intermediate.int_sessions__automated as automated
        on messages.project_id = automated.project_id and messages.session_id = automated.session_id
    where messages.project_id = $project_id and messages.field = $field and texts.topic_id is not null
),

opened as (
    select arg_min(topic_id, event_index_in_session) as topic_id
    from said
    group by session_id
),

openings as (
    select
        topic_id,
        count(*) as n_opened
    from opened
    group by topic_id
)

-- A topic without a scored text counts as stating wants. If its texts were removed, it keeps its verdict.
select
    said.topic_id,
    count(distinct said.session_id) as n_sessions,
    coalesce(any_value(openings.n_opened), 0) as n_opened,
    coalesce(avg(said.want), 1.0) as want,
    coalesce(bool_or(before.continues), false) as continued,
    count(said.want) = 0 and bool_or(before.topic_id is not null) as is_settled
from said
left join openings on said.topic_id = openings.topic_id
left join ml.topic_roles as before
    on before.project_id = $project_id and said.topic_id = before.topic_id
group by said.topic_id
order by said.topic_id

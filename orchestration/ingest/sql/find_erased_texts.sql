-- The texts that nobody else has said, with the erasure of one who did.
create or replace temp table erased_texts as
with said as (
    select
        messages.project_id,
        messages.field,
        messages.text_hash,
        erased.erasure_id
    from extracted as messages
    left join erased on messages.project_id = erased.project_id and messages.event_id = erased.event_id
)

select
    project_id,
    field,
    text_hash,
    min(erasure_id) as erasure_id
from said
group by project_id, field, text_hash
having count(*) = count(erasure_id);

-- The topics and areas of these texts.
create or replace temp table erased_names as
select distinct
    topics.project_id,
    unnest([topics.topic_id, topics.parent_topic_id]) as topic_id
from erased_texts
inner join ml.text_topics
    on
        erased_texts.project_id = text_topics.project_id
        and erased_texts.field = text_topics.field
        and erased_texts.text_hash = text_topics.text_hash
inner join ml.topics
    on text_topics.project_id = topics.project_id and text_topics.topic_id = topics.topic_id;

-- Names that may quote nobody but the erased: of topics in which fewer than three other people remain.
create or replace temp table erased_labels as
with touched as (
    select distinct
        topics.project_id,
        topics.field,
        topics.topic_id,
        topics.label
    from erased_names
    inner join ml.topics
        on erased_names.project_id = topics.project_id and erased_names.topic_id = topics.topic_id
    where topics.level = 0 and topics.label != ''
)

select
    touched.project_id,
    touched.label
from touched
left join ml.text_topics
    on touched.project_id = text_topics.project_id and touched.topic_id = text_topics.topic_id
left join extracted as messages
    on
        text_topics.project_id = messages.project_id
        and text_topics.field = messages.field
        and text_topics.text_hash = messages.text_hash
left join erased on messages.project_id = erased.project_id and messages.event_id = erased.event_id
group by touched.project_id, touched.topic_id, touched.label
having count(distinct case when erased.event_id is null then messages.user_id end) < 3;

-- Vectors are kept by text, or by the rest of a text without shared passages. Other projects and fields may share them.
create or replace temp table erased_vectors as
with erased_hashes as (
    select text_hash
    from erased_texts

    union

    select own_texts.own_hash as text_hash
    from ml.own_texts
    inner join erased_texts
        on
            own_texts.project_id = erased_texts.project_id
            and own_texts.field = erased_texts.field
            and own_texts.text_hash = erased_texts.text_hash
),

kept_texts as (
    select messages.text_hash
    from extracted as messages
    anti join erased_texts
        on
            messages.project_id = erased_texts.project_id
            and messages.field = erased_texts.field
            and messages.text_hash = erased_texts.text_hash
    where messages.text_hash in (select erased_hashes.text_hash from erased_hashes)

    union

    select own_texts.own_hash as text_hash
    from ml.own_texts
    anti join erased_texts
        on
            own_texts.project_id = erased_texts.project_id
            and own_texts.field = erased_texts.field
            and own_texts.text_hash = erased_texts.text_hash
)

select text_hash
from erased_hashes
except
select text_hash
from kept_texts

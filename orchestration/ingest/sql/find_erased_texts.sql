-- The texts that nobody else has said, with the erasure of one who did; `aged` if only age takes them.
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
    coalesce(min(erasure_id) filter (where erasure_id != 'aged'), 'aged') as erasure_id
from said
group by project_id, field, text_hash
having count(*) = count(erasure_id);

-- Their topics, and the areas of these.
create or replace temp table touched_topics as
select
    topics.project_id,
    topics.field,
    topics.topic_id,
    topics.parent_topic_id,
    topics.label,
    bool_or(erased_texts.erasure_id != 'aged') as is_requested
from erased_texts
inner join ml.text_topics
    on
        erased_texts.project_id = text_topics.project_id
        and erased_texts.field = text_topics.field
        and erased_texts.text_hash = text_topics.text_hash
inner join ml.topics
    on text_topics.project_id = topics.project_id and text_topics.topic_id = topics.topic_id
where topics.level = 0
group by all;

-- Topics and areas with a word in their name or description that only erased texts of the field have.
create or replace temp table quoting_topics as
with words as (
    select distinct
        topics.project_id,
        topics.field,
        topics.topic_id,
        topics.label,
        unnest(
            regexp_extract_all(
                lower(topics.label || ' ' || topics.description || ' ' || array_to_string(topics.keywords, ' ')),
                '[\p{L}\p{M}\p{N}]+'
            )
        ) as word
    from ml.topics
    where
        (topics.project_id, topics.field) in (
            select
                touched_topics.project_id,
                touched_topics.field
            from touched_topics
        )
),

texts as (
    select
        messages.project_id,
        messages.field,
        any_value(messages.text) as text,
        erased_texts.text_hash is not null as is_erased
    from extracted as messages
    left join erased_texts
        on
            messages.project_id = erased_texts.project_id
            and messages.field = erased_texts.field
            and messages.text_hash = erased_texts.text_hash
    where
        (messages.project_id, messages.field) in (
            select
                words.project_id,
                words.field
            from words
        )
    group by messages.project_id, messages.field, messages.text_hash, is_erased
),

said as (
    select distinct
        project_id,
        field,
        is_erased,
        unnest(regexp_extract_all(lower(text), '[\p{L}\p{M}\p{N}]+')) as word
    from texts
),

gone as (
    select
        project_id,
        field,
        word
    from said
    group by project_id, field, word
    having bool_and(is_erased)
)

select distinct
    words.project_id,
    words.topic_id,
    words.label
from words
inner join gone
    on words.project_id = gone.project_id and words.field = gone.field and words.word = gone.word;

-- Names that may quote nobody but the erased: of topics in which fewer than three other people remain, and those above.
create or replace temp table erased_labels as
select
    touched_topics.project_id,
    touched_topics.topic_id,
    touched_topics.label
from touched_topics
left join ml.text_topics
    on touched_topics.project_id = text_topics.project_id and touched_topics.topic_id = text_topics.topic_id
left join extracted as messages
    on
        text_topics.project_id = messages.project_id
        and text_topics.field = messages.field
        and text_topics.text_hash = messages.text_hash
left join erased on messages.project_id = erased.project_id and messages.event_id = erased.event_id
where touched_topics.label != ''
group by touched_topics.project_id, touched_topics.topic_id, touched_topics.label
having count(distinct case when erased.event_id is null then messages.user_id end) < 3

union

select
    project_id,
    topic_id,
    label
from quoting_topics
where label != '';

-- The topics and areas to name again: all that somebody asked to erase has touched, but of those that only age has
-- touched, whose names would change every day, only those whose names may quote what is gone.
create or replace temp table erased_names as
select distinct
    project_id,
    unnest([topic_id, parent_topic_id]) as topic_id
from touched_topics
where
    is_requested
    or (project_id, topic_id) in (
        select
            erased_labels.project_id,
            erased_labels.topic_id
        from erased_labels
    )

union

select
    project_id,
    topic_id
from erased_labels;

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

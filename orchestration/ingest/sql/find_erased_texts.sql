-- The texts that nobody else has said, with the erasure of one who did; `aged` if only age takes them.
create or replace temp table erased_texts as
with silenced as (
    select distinct
        project_id,
        event_id,
        field
    from aged_texts
),

said as (
    select
        messages.project_id,
        messages.field,
        messages.text_hash,
        coalesce(erased.erasure_id, case when silenced.event_id is not null then 'aged' end) as erasure_id
    from extracted as messages
    left join erased on messages.project_id = erased.project_id and messages.event_id = erased.event_id
    left join silenced
        on
            messages.project_id = silenced.project_id
            and messages.event_id = silenced.event_id
            and messages.field = silenced.field
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

-- Topics and areas with a word in their name, description or keywords that only erased texts of the field have, or with
-- all of such a text; and whether the name has it.
create or replace temp table quoting_topics as
with topics as (
    select named.*
    from ml.topics as named
    where
        (named.project_id, named.field) in (
            select
                touched_topics.project_id,
                touched_topics.field
            from touched_topics
        )
),

phrases as (
    select
        project_id,
        field,
        topic_id,
        label,
        true as is_label,
        lower(label) as phrase
    from topics

    union all

    select
        project_id,
        field,
        topic_id,
        label,
        false as is_label,
        lower(description || ' ' || array_to_string(keywords, ' ')) as phrase
    from topics
),

words as (
    select distinct
        project_id,
        field,
        topic_id,
        label,
        is_label,
        unnest(regexp_extract_all(phrase, '[\p{L}\p{M}\p{N}]+')) as word
    from phrases
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
        not starts_with(messages.text, '‹text removed')
        and (messages.project_id, messages.field) in (
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
),

quotes as (
    select
        words.project_id,
        words.topic_id,
        words.label,
        words.is_label
    from words
    inner join gone
        on words.project_id = gone.project_id and words.field = gone.field and words.word = gone.word

    union all

    select
        phrases.project_id,
        phrases.topic_id,
        phrases.label,
        phrases.is_label
    from phrases
    inner join texts
        on phrases.project_id = texts.project_id and phrases.field = texts.field
    where texts.is_erased and length(texts.text) >= 12 and contains(phrases.phrase, lower(texts.text))
)

select
    project_id,
    topic_id,
    label,
    bool_or(is_label) as is_in_label
from quotes
group by project_id, topic_id, label;

-- The topic of each text, also of those that were removed.
create or replace temp table verdicts as
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
from ml.removed_texts;

-- Topics that messages without texts have, and no text any more, and areas over none but such topics; with the number
-- of people who said something of them.
create or replace temp table past_topics as
with kept as (
    select distinct
        text_topics.project_id,
        text_topics.topic_id
    from ml.text_topics
    anti join erased_texts
        on
            text_topics.project_id = erased_texts.project_id
            and text_topics.field = erased_texts.field
            and text_topics.text_hash = erased_texts.text_hash
),

past as (
    select
        topics.project_id,
        topics.topic_id
    from ml.topics
    anti join kept
        on topics.project_id = kept.project_id and topics.topic_id = kept.topic_id
    where
        topics.level = 0
        and (topics.project_id, topics.topic_id) in (
            select
                removed_verdicts.project_id,
                removed_verdicts.topic_id
            from removed_verdicts
            union
            select
                removed_texts.project_id,
                removed_texts.topic_id
            from ml.removed_texts
        )
),

members as (
    select
        project_id,
        topic_id as member_topic_id,
        topic_id
    from past

    union all

    select
        topics.project_id,
        topics.topic_id as member_topic_id,
        topics.parent_topic_id as topic_id
    from ml.topics
    where
        (topics.project_id, topics.parent_topic_id) in (
            select
                areas.project_id,
                areas.parent_topic_id
            from ml.topics as areas
            left join kept
                on areas.project_id = kept.project_id and areas.topic_id = kept.topic_id
            left join past
                on areas.project_id = past.project_id and areas.topic_id = past.topic_id
            where areas.level = 0
            group by areas.project_id, areas.parent_topic_id
            having count(kept.topic_id) = 0 and count(past.topic_id) > 0
        )
)

select
    members.project_id,
    members.topic_id,
    count(distinct case when erased.event_id is null then messages.user_id end) as n_users
from members
left join verdicts
    on members.project_id = verdicts.project_id and members.member_topic_id = verdicts.topic_id
left join extracted as messages
    on
        verdicts.project_id = messages.project_id
        and verdicts.field = messages.field
        and verdicts.text_hash = messages.text_hash
left join erased on messages.project_id = erased.project_id and messages.event_id = erased.event_id
group by members.project_id, members.topic_id;

-- Names that may quote nobody but the erased: of topics in which fewer than three other people remain, and those above.
create or replace temp table erased_labels as
with labels as (
    select
        touched_topics.project_id,
        touched_topics.topic_id,
        touched_topics.label
    from touched_topics
    left join verdicts
        on touched_topics.project_id = verdicts.project_id and touched_topics.topic_id = verdicts.topic_id
    left join extracted as messages
        on
            verdicts.project_id = messages.project_id
            and verdicts.field = messages.field
            and verdicts.text_hash = messages.text_hash
    left join erased on messages.project_id = erased.project_id and messages.event_id = erased.event_id
    group by touched_topics.project_id, touched_topics.topic_id, touched_topics.label
    having count(distinct case when erased.event_id is null then messages.user_id end) < 3

    union

    -- If only age takes them, a name that does not quote stays, with another description.
    select
        quoting_topics.project_id,
        quoting_topics.topic_id,
        quoting_topics.label
    from quoting_topics
    inner join ml.topics
        on quoting_topics.project_id = topics.project_id and quoting_topics.topic_id = topics.topic_id
    where
        quoting_topics.is_in_label
        or topics.level = 1
        or (quoting_topics.project_id, topics.field) in (
            select
                touched_topics.project_id,
                touched_topics.field
            from touched_topics
            where touched_topics.is_requested
        )
)

select labels.*
from labels
left join past_topics on labels.project_id = past_topics.project_id and labels.topic_id = past_topics.topic_id
where labels.label != '' and coalesce(past_topics.n_users, 0) < 3;

-- The topics and areas to name again: all that somebody asked to erase has touched, but of those that only age has
-- touched, whose names would change every day, only those whose names may quote what is gone.
create or replace temp table erased_names as
with nameless as (
    select
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
    from erased_labels
)

select nameless.*
from nameless
anti join past_topics on nameless.project_id = past_topics.project_id and nameless.topic_id = past_topics.topic_id;

-- The topics to describe again under the names that they have.
create or replace temp table retold_topics as
select
    quoting_topics.project_id,
    quoting_topics.topic_id
from quoting_topics
anti join erased_names
    on quoting_topics.project_id = erased_names.project_id and quoting_topics.topic_id = erased_names.topic_id
anti join past_topics
    on quoting_topics.project_id = past_topics.project_id and quoting_topics.topic_id = past_topics.topic_id;

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

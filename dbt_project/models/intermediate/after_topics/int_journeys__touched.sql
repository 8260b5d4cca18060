with sessions as (
    select * from {{ ref('int_sessions__touched') }}
),

judged as (
    select
        text_topics.project_id,
        text_topics.field,
        text_topics.text_hash,
        {{ row_digest('text_topics') }} as digest
    from {{ ref('stg_ml__text_topics') }} as text_topics
),

messages as (
    select * from {{ ref('int_messages__extracted') }}
),

automated as (
    select * from {{ ref('int_sessions__automated') }}
),

changed_texts as (
    select
        coalesce(judged.project_id, known.project_id) as project_id,
        coalesce(judged.field, known.field) as field,
        coalesce(judged.text_hash, known.text_hash) as text_hash
    from judged
    full outer join {{ state('known_text_topics') }} as known
        on
            judged.project_id = known.project_id
            and judged.field = known.field
            and judged.text_hash = known.text_hash
    where
        judged.digest is distinct from known.digest
        and {{ 'false' if is_rebuild() else 'true' }}
)

select
    project_id,
    session_id
from sessions

union

select
    project_id,
    session_id
from messages
where
    (project_id, field, text_hash)
    in (
        select
            changed_texts.project_id,
            changed_texts.field,
            changed_texts.text_hash
        from changed_texts
    )

union

-- depends_on: {{ ref('int_feedback__linked') }}, which notes what has changed
select
    project_id,
    session_id
from {{ state('changed_feedback') }}
where {{ 'false' if is_rebuild() else 'true' }}

union

-- A session that is newly marked as automated, or no longer.
select
    coalesce(automated.project_id, known.project_id) as project_id,
    coalesce(automated.session_id, known.session_id) as session_id
from automated
full outer join {{ state('known_automated') }} as known
    on
        automated.project_id = known.project_id
        and automated.session_id = known.session_id
where
    (automated.session_id is null or known.session_id is null)
    and {{ 'false' if is_rebuild() else 'true' }}

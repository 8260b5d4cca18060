with candidate_texts as (
    select * from {{ ref('stg_ml__candidate_texts') }}
),

texts as (
    select * from {{ ref('stg_ml__text_topics') }}
),

topics as (
    select * from {{ ref('stg_ml__topics') }}
),

lineage as (
    select * from {{ ref('stg_ml__candidate_lineage') }}
),

new_topics as (
    select * from {{ ref('stg_ml__candidate_topics') }}
),

-- Without a candidate, no messages are read.
messages as (
    select * from {{ ref('int_messages__extracted') }}
    where (project_id, field) in (
        select
            candidate_texts.project_id,
            candidate_texts.field
        from candidate_texts
    )
),

said as (
    select
        candidate_texts.project_id,
        candidate_texts.field,
        candidate_texts.candidate_number,
        candidate_texts.text_hash,
        texts.topic_id as from_topic_id,
        candidate_texts.topic_id as to_topic_id,
        count(*) as n_messages,
        min(messages.event_id) as event_id
    from candidate_texts
    inner join messages
        on
            candidate_texts.project_id = messages.project_id
            and candidate_texts.field = messages.field
            and candidate_texts.text_hash = messages.text_hash
    left join texts
        on
            candidate_texts.project_id = texts.project_id
            and candidate_texts.field = texts.field
            and candidate_texts.text_hash = texts.text_hash
    group by
        candidate_texts.project_id,
        candidate_texts.field,
        candidate_texts.candidate_number,
        candidate_texts.text_hash,
        texts.topic_id,
        candidate_texts.topic_id
),

ranked as (
    select
        said.*,
        row_number() over (
            partition by said.project_id, said.field, said.candidate_number, said.from_topic_id, said.to_topic_id
            order by said.n_messages desc, said.text_hash asc
        ) as text_rank
    from said
),

moves as (
    select
        project_id,
        field,
        candidate_number,
        from_topic_id,
        to_topic_id,
        count(*) as n_texts,
        cast(sum(n_messages) as bigint) as n_messages
    from ranked
    group by project_id, field, candidate_number, from_topic_id, to_topic_id
),

example_texts as (
    select * from ranked
    where text_rank <= 3
),

examples as (
    select
        project_id,
        field,
        candidate_number,
        from_topic_id,
        to_topic_id,
        {{ list_in_order('event_id', 'text_rank') }} as example_event_ids
    from example_texts
    group by project_id, field, candidate_number, from_topic_id, to_topic_id
)

select
    moves.project_id,
    moves.field,
    moves.candidate_number,
    moves.from_topic_id,
    moves.to_topic_id,
    sources.label as from_label,
    coalesce(targets.label, new_topics.label, moves.to_topic_id) as to_label,
    case
        when coalesce(moves.from_topic_id, '') = coalesce(moves.to_topic_id, '') then 'stays'
        when lineage.change in ('split', 'merged') then lineage.change
        else 'moves'
    end as change,
    moves.n_texts,
    moves.n_messages,
    examples.example_event_ids
from moves
inner join examples
    on
        moves.project_id = examples.project_id
        and moves.field = examples.field
        and moves.candidate_number = examples.candidate_number
        and coalesce(moves.from_topic_id, '') = coalesce(examples.from_topic_id, '')
        and coalesce(moves.to_topic_id, '') = coalesce(examples.to_topic_id, '')
left join lineage
    on
        moves.project_id = lineage.project_id
        and moves.field = lineage.field
        and moves.candidate_number = lineage.candidate_number
        and moves.from_topic_id = lineage.from_topic_id
        and moves.to_topic_id = lineage.to_topic_id
left join topics as sources
    on
        moves.project_id = sources.project_id
        and moves.from_topic_id = sources.topic_id
left join topics as targets
    on
        moves.project_id = targets.project_id
        and moves.to_topic_id = targets.topic_id
left join new_topics
    on
        moves.project_id = new_topics.project_id
        and moves.field = new_topics.field
        and moves.candidate_number = new_topics.candidate_number
        and moves.to_topic_id = new_topics.topic_id

with fits as (
    select * from {{ ref('stg_ml__candidate_fits') }}
),

moves as (
    select * from {{ ref('fct_topic_candidate_moves') }}
),

-- Without a candidate, no messages are read.
messages as (
    select * from {{ ref('int_messages__extracted') }}
    where (project_id, field) in (
        select
            moves.project_id,
            moves.field
        from moves
    )
),

counts as (
    select
        project_id,
        field,
        count(*) as n_messages
    from messages
    group by project_id, field
),

compared as (
    select
        project_id,
        field,
        candidate_number,
        cast(sum(n_messages) as bigint) as n_messages,
        cast(sum(case when change = 'stays' then n_messages else 0 end) as bigint) as n_staying
    from moves
    group by project_id, field, candidate_number
)

select
    fits.project_id,
    fits.field,
    fits.candidate_number,
    fits.status,
    fits.made_at,
    fits.n_texts,
    coalesce(compared.n_messages, 0) as n_messages,
    coalesce(compared.n_staying, 0) as n_staying,
    coalesce(counts.n_messages - compared.n_messages, 0) as n_later
from fits
left join compared
    on
        fits.project_id = compared.project_id
        and fits.field = compared.field
        and fits.candidate_number = compared.candidate_number
left join counts
    on
        fits.project_id = counts.project_id
        and fits.field = counts.field

{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_sessions__touched", "key": "session_id"},
            "day": "first_at",
            "rebuild": "By session: those with a new event or a replaced copy, and those with a field whose type or use has changed."
        }
    )
}}

with messages as (
    select * from {{ ref('int_messages__extracted') }}
    {{ only_touched('int_sessions__touched') }}
),

fields as (
    select * from {{ ref('int_fields__typed') }}
    where is_journey_field
),

said as (
    select
        messages.project_id,
        messages.session_id,
        case when messages.is_user_id_given then messages.user_id else messages.session_id end as sender,
        messages.text_hash,
        messages.occurred_at
    from messages
    inner join fields
        on
            messages.project_id = fields.project_id
            and messages.field = fields.field
),

-- Texts that differ only in numbers are one wording.
texts as (
    select
        messages.project_id,
        messages.text_hash,
        min(messages.text) as text
    from messages
    group by messages.project_id, messages.text_hash
),

wordings as (
    select
        project_id,
        text_hash,
        {{ text_hash(wording('text')) }} as wording_hash
    from texts
)

select
    said.project_id,
    said.session_id,
    said.sender,
    wordings.wording_hash,
    count(*) as n_messages,
    min(said.occurred_at) as first_at
from said
inner join wordings
    on
        said.project_id = wordings.project_id
        and said.text_hash = wordings.text_hash
group by said.project_id, said.session_id, said.sender, wordings.wording_hash

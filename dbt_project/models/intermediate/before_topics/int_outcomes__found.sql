{{
    config(
        meta={
            "rebuild": "In full: only values of outcome fields are read, and none in a project without such a field."
        }
    )
}}

with typed_fields as (
    select * from {{ ref('int_fields__typed') }}
),

choices as (
    select * from {{ ref('stg_raw__field_outcomes') }}
),

event_values as (
    select * from {{ ref('int_event_values__flattened') }}
),

events as (
    select * from {{ ref('int_events__sessionized') }}
),

-- By name, unless people chose: the last part of a dotted name counts, whatever its case.
fields as (
    select
        typed_fields.project_id,
        typed_fields.field,
        coalesce(
            choices.outcome,
            case
                when {{ lower_case('typed_fields.field') }} in ('handoff', 'fallback') then 'negative'
                when {{ lower_case('typed_fields.field') }} like '%.handoff' then 'negative'
                when {{ lower_case('typed_fields.field') }} like '%.fallback' then 'negative'
                when {{ lower_case('typed_fields.field') }} = 'resolved' then 'positive'
                when {{ lower_case('typed_fields.field') }} like '%.resolved' then 'positive'
                else 'none'
            end
        ) as outcome
    from typed_fields
    left join choices
        on
            typed_fields.project_id = choices.project_id
            and typed_fields.field = choices.field
),

outcome_fields as (
    select * from fields
    where outcome <> 'none'
),

said as (
    select
        event_values.project_id,
        event_values.field,
        outcome_fields.outcome,
        events.session_id,
        events.event_id,
        events.event_index_in_session,
        case when events.is_user_id_given then events.user_id end as user_id,
        events.occurred_at,
        events.received_at,
        {{ lower_case('event_values.value') }} = 'true' as is_true
    from event_values
    inner join outcome_fields
        on
            event_values.project_id = outcome_fields.project_id
            and event_values.field = outcome_fields.field
    inner join events
        on
            event_values.project_id = events.project_id
            and event_values.event_id = events.event_id
    where {{ lower_case('event_values.value') }} in ('true', 'false')
),

-- Of a session, the first event with a bad outcome counts, or the last word on whether it ended well. Of a list with
-- both values, the worse counts.
ranked as (
    select
        *,
        row_number() over (
            partition by project_id, session_id, field
            order by
                case when outcome = 'negative' and is_true then 0 else 1 end,
                case when outcome = 'negative' then event_index_in_session else -event_index_in_session end,
                is_true
        ) as place
    from said
)

select
    project_id,
    'outcome_' || {{ text_hash("session_id || ' ' || field") }} as feedback_id,
    case when outcome = 'positive' or is_true then event_id end as event_id,
    session_id,
    field,
    user_id,
    case when outcome = 'positive' or is_true then occurred_at end as event_at,
    case
        when outcome = 'positive' then case when is_true then 1e0 else -1e0 end
        when is_true then -1e0
        else 0e0
    end as score,
    occurred_at as given_at,
    received_at
from ranked
where place = 1

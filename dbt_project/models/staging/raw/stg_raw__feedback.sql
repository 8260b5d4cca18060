with source as (
    select * from {{ source('raw', 'events') }}
    where {{ is_feedback() }}
),

-- Projects in which an id such as undefined counts as missing.
projects as (
    select project_id
    from {{ source('raw', 'projects') }}
    where are_placeholder_ids_missing
),

read as (
    select
        source.project_id,
        source.event_id as landed_id,
        substr(source.event_id, 17) as feedback_id,
        {{ value_of_key('source.metadata', 'event_id') }} as event_id,
        {{ value_of_key('source.metadata', 'session_id') }} as session_id,
        case when source.is_user_id_given then source.user_id end as user_id,
        cast({{ value_of_key('source.metadata', 'score') }} as double) as given_score,
        cast({{ value_of_key('source.metadata', 'scale') }} as integer) as scale,
        {{ value_of_key('source.metadata', 'label') }} as label,
        {{ value_of_key('source.metadata', 'comment') }} as comment,
        source.occurred_at as given_at,
        source.received_at,
        projects.project_id is not null as are_placeholders_missing
    from source
    left join projects on source.project_id = projects.project_id
)

select
    project_id,
    landed_id,
    feedback_id,
    event_id,
    case
        when are_placeholders_missing and {{ is_placeholder_id('session_id') }} then null
        else session_id
    end as session_id,
    case
        when are_placeholders_missing and {{ is_placeholder_id('user_id') }} then null
        else user_id
    end as user_id,
    case when scale is null then given_score else (given_score - 1) / (scale - 1) * 2 - 1 end as score,
    given_score,
    scale,
    label,
    comment,
    given_at,
    received_at
from read

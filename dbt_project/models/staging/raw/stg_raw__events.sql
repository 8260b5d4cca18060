with source as (
    select * from {{ source('raw', 'events') }}
    where not {{ is_feedback() }}
),

-- Projects in which an id such as undefined counts as missing.
projects as (
    select project_id
    from {{ source('raw', 'projects') }}
    where are_placeholder_ids_missing
),

judged as (
    select
        source.*,
        projects.project_id is not null
        and source.is_session_id_given
        and {{ is_placeholder_id('source.session_id') }} as is_session_id_placeholder,
        projects.project_id is not null
        and source.is_user_id_given
        and {{ is_placeholder_id('source.user_id') }} as is_user_id_placeholder
    from source
    left join projects on source.project_id = projects.project_id
)

select
    project_id,
    event_id,
    name,
    case when is_session_id_placeholder then {{ made_id('session', 'event_id') }} else session_id end as session_id,
    is_session_id_given and not is_session_id_placeholder as is_session_id_given,
    case when is_user_id_placeholder then {{ made_id('user', 'event_id') }} else user_id end as user_id,
    is_user_id_given and not is_user_id_placeholder as is_user_id_given,
    occurred_at,
    received_at,
    metadata,
    segment,
    line_number
from judged

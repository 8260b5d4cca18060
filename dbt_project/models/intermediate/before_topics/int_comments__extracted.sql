with feedback as (
    select * from {{ ref('int_feedback__linked') }}
    where source = 'people'
)

select
    project_id,
    feedback_id,
    {{ comment_field() }} as field,
    {{ as_compared('comment') }} as text,
    {{ text_hash(as_compared('comment')) }} as text_hash,
    coalesce(user_id, session_id, feedback_id) as user_id,
    given_at as occurred_at
from feedback
where not {{ is_blank('comment') }}

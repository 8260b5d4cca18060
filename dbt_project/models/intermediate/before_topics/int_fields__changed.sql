with fields as (
    select * from {{ ref('int_fields__typed') }}
)

-- A new field occurs only in new events, whose sessions are reached anyway.
select
    fields.project_id,
    fields.field
from fields
inner join {{ state('known_fields') }} as known
    on
        fields.project_id = known.project_id
        and fields.field = known.field
where
    (
        fields.effective_type is distinct from known.effective_type
        or fields.is_journey_field is distinct from known.is_journey_field
    )
    and {{ 'false' if is_rebuild() else 'true' }}

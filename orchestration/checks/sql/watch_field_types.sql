-- One row per field: whether values of the last days, counted from the project's newest event, changed its type.
with newest as (
    select
        project_id,
        max(last_seen_at) as last_seen_at
    from marts.dim_fields
    group by project_id
)

select
    history.project_id,
    history.field,
    history.previous_type,
    history.type,
    history.evidence_to::varchar as changed_on,
    history.version > 1
    and history.evidence_to >= newest.last_seen_at::date - $days::integer as has_changed
from marts.dim_field_history as history
inner join newest on history.project_id = newest.project_id
where history.is_newest

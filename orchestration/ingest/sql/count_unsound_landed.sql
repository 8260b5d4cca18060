-- Lines that DuckDB could read but that are not landed events, or are in another project's folder.
select count(*)
from landed
where
    coalesce(event_id, '') = ''
    or coalesce(name, '') = ''
    or coalesce(session_id, '') = ''
    or coalesce(user_id, '') = ''
    or session_id_given is null
    or user_id_given is null
    or occurred_at is null
    or received_at is null
    or occurred_at > received_at + interval 24 hours
    or coalesce(json_type(metadata), 'NULL') != 'OBJECT'
    or coalesce(project_id, '') != regexp_extract(segment, '^project_id=([^/]+)/', 1)

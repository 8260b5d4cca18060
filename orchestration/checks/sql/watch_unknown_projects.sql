-- One row per project whose files were loaded: whether the projects database knows it, its files and its events.
select
    segments.project_id,
    projects.project_id is not null as is_known,
    count(*) as n_files,
    sum(segments.n_loaded)::bigint as n_events
from raw.segments as segments
left join raw.projects as projects on segments.project_id = projects.project_id
where segments.project_id not in (select deleted_projects.project_id from raw.deleted_projects)
group by segments.project_id, projects.project_id

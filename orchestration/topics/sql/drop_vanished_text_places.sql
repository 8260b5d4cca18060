delete from ml.text_places
where (project_id, field) not in (
    select
        project_id,
        field
    from ml.text_topics
)

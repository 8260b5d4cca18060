delete from ml.topic_fits
where (project_id, field) not in (
    select
        project_id,
        field
    from ml.messages_and_comments
)

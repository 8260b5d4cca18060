delete from ml.own_texts
where (project_id, field, text_hash) not in (
    select
        project_id,
        field,
        text_hash
    from ml.messages_and_comments
)

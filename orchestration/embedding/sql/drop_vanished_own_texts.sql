delete from ml.own_texts
where (project_id, field, text_hash) not in (
    select
        project_id,
        field,
        text_hash
    from intermediate.int_messages__extracted
)

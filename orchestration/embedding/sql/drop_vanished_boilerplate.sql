delete from ml.boilerplate
where (project_id, field) not in (
    select
        project_id,
        field
    from intermediate.int_messages__extracted
)

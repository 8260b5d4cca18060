-- One row: the sessions in the copy of the last published file that are not published any more, and all that are.
select
    (
        select count(*)
        from target.marts.fct_sessions as former
        anti join temp.published_sessions as published
            on former.project_id = published.project_id and former.session_id = published.session_id
    ) as n_withdrawn,
    (select count(*) from temp.published_sessions) as n_published

-- One row: the published version that `state.unpublished` refers to; the sessions to replace, including those replaced
-- since a file was last written in full; and all sessions.
select
    (
        select value
        from warehouse.state.progress
        where key = 'published'
    ) as known_version,
    (
        (
            select coalesce(sum(value::bigint), 0)
            from warehouse.state.progress
            where key = 'n_exchanged'
        )
        + (
            select count(*)
            from warehouse.state.unpublished
            where key = 'session_id'
        )
    )::bigint as n_exchanged,
    (select count(*) from warehouse.marts.fct_sessions) as n_sessions

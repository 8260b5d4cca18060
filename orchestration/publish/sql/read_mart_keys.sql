-- One row per mart whose touched rows are replaced: the key column, and the kind of key in it.
select
    mart,
    column_name,
    key
from warehouse.state.mart_keys
where
    mart not in (
        select unpublished.value
        from warehouse.state.unpublished
        where unpublished.key = 'mart'
    )

-- One row per mart whose rows are exchanged by what was touched: the column, and the kind of key that it holds.
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

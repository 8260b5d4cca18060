-- Columns of tables and views, in order.
select
    schema_name,
    table_name,
    column_name,
    data_type
from duckdb_columns()
where schema_name in ('staging', 'intermediate', 'marts')
order by schema_name, table_name, column_index

-- How many of the tables are there by which dbt says what it has touched.
select count(*)
from duckdb_tables()
where
    database_name = 'warehouse'
    and schema_name = 'state'
    and table_name in ('progress', 'unpublished', 'mart_keys')

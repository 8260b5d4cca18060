-- The tables that exist if Spark holds the events.
select count(*)
from duckdb_tables()
where
    database_name = current_database()
    and schema_name = 'spark'
    and table_name in ('state', 'landed_segments')

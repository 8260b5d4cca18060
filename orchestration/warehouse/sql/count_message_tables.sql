-- How many of the tables of messages and of comments exist, as tables or, of Spark, as views.
select count(*)
from information_schema.tables
where table_schema = 'intermediate' and table_name in ('int_messages__extracted', 'int_comments__extracted')

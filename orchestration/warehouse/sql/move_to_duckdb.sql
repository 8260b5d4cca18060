-- dbt builds its tables again, as it finds none.
drop view raw.events;

alter table raw.moved_events rename to events;

drop schema spark cascade;

drop schema if exists staging cascade;

drop schema if exists intermediate cascade;

drop schema if exists marts cascade

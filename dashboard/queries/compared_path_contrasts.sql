-- Journeys of two groups by random group and path, for cluster_sums.sql: the $most paths of most journeys.
with made as (
    select
        group_id,
        side,
        variant_id as item
    from shown_compared
),

counted as (
    select
        group_id,
        side,
        item,
        count(*) as n
    from made
    group by group_id, side, item
),

largest as (
    select item
    from counted
    group by item
    order by sum(n) desc, item asc
    limit $most
)

select
    '' as family,
    group_id,
    side,
    item,
    sum(n) as n
from counted
where item in (select largest.item from largest)
group by group_id, item, cube (side)
union all
select
    '' as family,
    group_id,
    side,
    null as item,
    count(*) as n
from shown_compared
group by group_id, cube (side)

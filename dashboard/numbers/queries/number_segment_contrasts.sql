-- Values of a number field by random group and value of an enum field, for cluster_sums.sql: those above $middle are
-- hits. The item is the value, NONE without one, or OTHER after the most frequent 50.
with measured as (
    select
        group_id,
        segment,
        count(*) as n,
        count(*) filter (where number_value > $middle) as n_hits
    from shown_number_segments
    group by group_id, segment
),

largest as (
    select coalesce('VALUE:' || segment, 'NONE:') as side
    from measured
    group by segment
    order by sum(n) desc, segment asc
    limit 50
),

counted as (
    select
        measured.group_id,
        coalesce(largest.side, 'OTHER:') as side,
        sum(measured.n) as n,
        sum(measured.n_hits) as n_hits
    from measured
    left join largest on coalesce('VALUE:' || measured.segment, 'NONE:') = largest.side
    group by measured.group_id, coalesce(largest.side, 'OTHER:')
)

select
    '' as family,
    group_id,
    side,
    null as item,
    sum(n) as n
from counted
group by group_id, cube (side)
union all
select
    '' as family,
    group_id,
    side,
    'above' as item,
    sum(n_hits) as n
from counted
group by group_id, cube (side)

-- Files whose line counts do not add up, or that were loaded twice.
select segment
from unpublished_segments
group by segment
having count(*) > 1 or max(n_lines) != max(n_loaded + n_duplicates + n_rejected)
order by segment

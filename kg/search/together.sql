-- A part of the entities, all that is known of each in one row. The weight lets log2(2 + weight),
-- by which the index multiplies a score, grow evenly from 32 to 64 with the importance; for pages
-- and registers, which the graph quotes, from 1 to 2: they come behind all that it is about, unless
-- asked for by an identifier.
WITH
  words AS (
    SELECT entity,
      list(value) FILTER (use = 'label') AS labels,
      list(value) FILTER (use IN ('acronym', 'name')) AS names,
      list(value) FILTER (use = 'code') AS codes,
      list_distinct(list(value[:4]) FILTER (use = 'began' AND regexp_matches(value, '^[0-9]{4}'))) AS years
    FROM word WHERE entity % $parts = $part GROUP BY entity
  ),
  tags AS (
    SELECT entity, list(tag) AS tags FROM tagged WHERE entity % $parts = $part GROUP BY entity
  )
SELECT list_transform(
    [path, fr, en, plain, acronym, code, coalesce(seat, place), began, ended, latitude, longitude],
    lambda each: coalesce(each, '')),
  [name_fr, name_en, newest], 2 ** (if(starts_with(path, 'source/'), 1, 32) * (1 + importance / (1 + $count))) - 2,
  labels, names, codes, years, tags
FROM ordered JOIN words USING (entity) LEFT JOIN tags USING (entity)

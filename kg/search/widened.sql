-- The facets of each value, and of all that it is a part or a case of.
SELECT DISTINCT tag, split_part(wide, '/', 2) AS key, CASE
    WHEN level = 'special-status-authority' THEN 'epci'
    WHEN stated = 'place' THEN level
    WHEN stated <> 'activity' THEN stated
    WHEN regexp_full_match(key, '[A-Z]') THEN 'section'
    WHEN regexp_full_match(key, '[0-9][0-9]') THEN 'division' END AS facet
FROM (
  SELECT tag, stated, coalesce(wider, value) AS wide
  FROM tag LEFT JOIN wider ON thing = value AND stated IN ('activity', 'place', 'theme', 'type')
)
LEFT JOIN level ON territory = wide AND stated = 'place'
WHERE facet IS NOT NULL
  AND (stated <> 'place' OR facet IN ('region', 'departement', 'epci', 'commune'))
ORDER BY ALL

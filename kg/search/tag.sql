-- Every value by which lists are narrowed, once. A territory lies in itself.
WITH
  value AS (
    SELECT DISTINCT stated, path(object) AS value FROM statement JOIN listing USING (predicate)
    WHERE starts_with(object, '<https://w3id.org/ess-kg/id/' || kind || '/')
    UNION SELECT 'place', territory FROM level
  )
SELECT row_number() OVER (ORDER BY stated, value) AS tag, stated, value FROM value

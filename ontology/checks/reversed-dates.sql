-- title@fr: Fin avant le début
-- title@en: End before the start
-- problem@fr: La date de fin précède la date de début.
-- problem@en: The end date precedes the start date.
-- solution@fr: Corriger celle des dates qui est fausse ; si deux sources divergent, le noter.
-- solution@en: Correct the date that is wrong; where two sources differ, note it.
-- severity: warning

WITH
  first AS (
    SELECT * FROM statement WHERE predicate IN ('<schema:startDate>', '<schema:foundingDate>')
  ),
  last AS (
    SELECT * FROM statement WHERE predicate IN ('<schema:endDate>', '<schema:dissolutionDate>')
  )
SELECT subject AS entity, first.object AS start, last.object AS end
FROM last JOIN first USING (subject)
WHERE (last.predicate = '<schema:endDate>') = (first.predicate = '<schema:startDate>')
  AND str(last.object) < left(str(first.object), length(str(last.object)))

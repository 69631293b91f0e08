-- title@fr: Fin avant le début
-- title@en: End before the start
-- problem@fr: La date de fin précède la date de début.
-- problem@en: The end date precedes the start date.
-- solution@fr: Corriger celle des dates qui est fausse ; si deux sources divergent, le noter.
-- solution@en: Correct the date that is wrong; where two sources differ, note it.
-- severity: warning

SELECT subject AS entity, first.object AS start, last.object AS end
FROM statement AS last JOIN statement AS first USING (subject)
WHERE (first.predicate, last.predicate) IN (
    ('<schema:startDate>', '<schema:endDate>'),
    ('<schema:foundingDate>', '<schema:dissolutionDate>')
  )
  AND str(last.object) < left(str(first.object), length(str(last.object)))

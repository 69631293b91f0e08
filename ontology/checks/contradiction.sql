-- title@fr: Sources qui se contredisent
-- title@en: Sources that contradict each other
-- problem@fr: Une propriété qui n’a qu’une valeur vraie en a deux qui ne s’accordent pas.
-- problem@en: A property that has one true value has two that do not agree.
-- solution@fr: Rien, si les sources divergent vraiment ; sinon corriger celle des lignes qui est fausse.
-- solution@en: None if the sources really differ; otherwise correct the row that is wrong.
-- severity: info
-- topic: property

-- A year agrees with a day of that year: a date is a prefix of the more precise one. A family that
-- one source leaves undetermined agrees with the one that another gives.
WITH
  single AS (
    SELECT subject FROM statement WHERE predicate = '<ess:singleValued>' AND str(object) = 'true'
  ),
  several AS (
    SELECT hash(subject, predicate) FROM statement WHERE predicate IN (FROM single)
    GROUP BY ALL HAVING count(*) > 1
  ),
  stated AS MATERIALIZED (
    SELECT * FROM statement
    WHERE predicate IN (FROM single) AND hash(subject, predicate) IN (FROM several)
  )
SELECT subject AS entity, predicate AS property, one.object AS value, graph(one.sources) AS sources,
  two.object AS other, graph(two.sources) AS other_sources
FROM stated AS one JOIN stated AS two USING (subject, predicate)
WHERE str(one.object) < str(two.object)
  AND NOT starts_with(str(two.object), str(one.object) || '-')
  AND '<legal-family:undetermined>' NOT IN (one.object, two.object)

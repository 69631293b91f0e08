-- title@fr: Sources qui ne s’accordent pas sur la nature d’une organisation
-- title@en: Sources that do not agree on what an organisation is
-- problem@fr: Une organisation a deux types dont aucun ne précise l’autre.
-- problem@en: An organisation has two types of which neither narrows the other.
-- solution@fr: Rien, si les sources divergent vraiment ; sinon corriger la ligne qui est fausse.
-- solution@en: None if the sources really differ; otherwise correct the row that is wrong.
-- severity: info

WITH RECURSIVE
  broader (narrow, wide) AS (
    SELECT subject, object FROM statement WHERE predicate = '<skos:broader>'
    UNION
    SELECT narrow, object FROM broader JOIN statement
    ON subject = wide AND predicate = '<skos:broader>'
  ),
  several AS (
    SELECT hash(subject) FROM statement WHERE predicate = '<org:classification>'
    GROUP BY ALL HAVING count(*) > 1
  ),
  stated AS MATERIALIZED (
    SELECT * FROM statement
    WHERE predicate = '<org:classification>' AND hash(subject) IN (FROM several)
  )
SELECT subject AS entity, one.object AS value, graph(one.sources) AS sources,
  two.object AS other, graph(two.sources) AS other_sources
FROM stated AS one JOIN stated AS two USING (subject)
WHERE one.object < two.object
  AND (one.object, two.object) NOT IN (FROM broader)
  AND (two.object, one.object) NOT IN (FROM broader)

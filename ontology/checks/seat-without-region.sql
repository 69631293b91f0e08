-- title@fr: Chose dont on connaît la commune, mais non la région
-- title@en: Thing whose commune is known, but not its région
-- problem@fr: La commune est connue, mais ni les règles ni la source n’en donnent la région : la chose manque aux listes et aux décomptes par région.
-- problem@en: The commune is known, but neither rules nor source give its région: the thing is missing from lists and counts by région.
-- solution@fr: Voir si le territoire est une commune d’aujourd’hui, et ce qui la contient ; une source complète doit dire elle-même département et région.
-- solution@en: See whether the territory is a commune of today, and what contains it; a complete source must state département and région by itself.
-- severity: warning

-- Overseas collectivities lie in no région.
WITH overseas AS (
  SELECT part.subject FROM statement AS part JOIN statement AS whole ON whole.subject = part.object
  WHERE part.predicate = '<dcterms:isPartOf>'
    AND whole.predicate = '<rdf:type>' AND whole.object = '<igeo:CollectiviteDOutreMer>'
)
SELECT subject AS entity, object AS commune
FROM statement
WHERE predicate = '<ess:commune>' AND object NOT IN (FROM overseas)
  AND hash(subject) NOT IN (SELECT hash(subject) FROM statement WHERE predicate = '<ess:region>')

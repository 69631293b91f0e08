-- title@fr: Lien vers une chose qui n’est pas décrite
-- title@en: Link to a thing that is not described
-- problem@fr: Un lien mène à un IRI du graphe dont rien n’est dit.
-- problem@en: A link leads to an IRI of the graph of which nothing is said.
-- solution@fr: Corriger la clé, ou décrire la chose.
-- solution@en: Correct the key, or describe the thing.
-- severity: violation
-- topic: property

SELECT subject AS entity, predicate AS property, object AS missing
FROM statement
WHERE starts_with(object, '<https://w3id.org/ess-kg/id/')
  AND hash(object) NOT IN (SELECT DISTINCT hash(subject) FROM statement)

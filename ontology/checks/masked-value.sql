-- title@fr: Valeur masquée d’un registre
-- title@en: Masked value of a register
-- problem@fr: Une valeur que le registre masque ([ND]) a été reprise.
-- problem@en: A value that the register masks ([ND]) was taken over.
-- solution@fr: Corriger l’importateur : une valeur masquée n’est jamais publiée.
-- solution@en: Mend the importer: a masked value is never published.
-- severity: violation
-- topic: property

SELECT subject AS entity, predicate AS property, object AS value
FROM statement
WHERE contains(object, '[ND]')
  AND (str(object) = '[ND]' OR predicate IN ('<rdfs:label>', '<foaf:name>', '<skos:altLabel>'))

-- title@fr: Siège dans une ancienne commune
-- title@en: Seat in a former commune
-- problem@fr: La commune du siège n’existe plus.
-- problem@en: The commune of the seat no longer exists.
-- solution@fr: Donner le code de la commune actuelle.
-- solution@en: Give the code of the present commune.
-- severity: warning

SELECT seat.subject AS entity, seat.object AS commune, successor.object AS current
FROM statement AS seat
JOIN statement AS former
ON former.subject = seat.object AND former.predicate = '<rdf:type>'
  AND former.object = '<ess:FormerCommune>'
LEFT JOIN statement AS successor
ON successor.subject = seat.object AND successor.predicate = '<dcterms:isReplacedBy>'
WHERE seat.predicate = '<ess:commune>'

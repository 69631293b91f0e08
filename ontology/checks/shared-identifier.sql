-- title@fr: Identifiant partagé
-- title@en: Shared identifier
-- problem@fr: Deux choses de même nature portent le même identifiant, d’un registre qui ne les réunit pas.
-- problem@en: Two things of the same kind bear the same identifier, of a register that does not join them.
-- solution@fr: Corriger celui qui est faux, ou dire dans links.csv que c’est la même chose.
-- solution@en: Correct the wrong one, or say in links.csv that they are the same.
-- severity: violation
-- topic: property

WITH
  identifier AS MATERIALIZED (
    SELECT subject, predicate, object,
      regexp_replace(subject, '^.*/id/([^/]+)/[^#]*(#?).*$', '\1\2') AS kind
    FROM statement
    WHERE predicate IN ('<ess:eli>', '<ess:nor>')
  ),
  several AS (
    SELECT hash(predicate, object, kind) FROM identifier GROUP BY ALL HAVING count(*) > 1
  ),
  shared AS MATERIALIZED (
    SELECT * FROM identifier WHERE hash(predicate, object, kind) IN (FROM several)
  )
SELECT one.subject AS entity, predicate AS property, object AS value, two.subject AS other
FROM shared AS one JOIN shared AS two USING (predicate, object, kind)
WHERE one.subject < two.subject

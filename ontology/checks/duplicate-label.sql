-- title@fr: Deux libellés dans une même langue
-- title@en: Two labels in one language
-- problem@fr: La chose a deux libellés dans la même langue : on ne sait lequel afficher.
-- problem@en: The thing has two labels in the same language: there is no telling which to show.
-- solution@fr: Garder un libellé, et donner l’autre nom comme tel (names.csv).
-- solution@en: Keep one label, and give the other name as such (names.csv).
-- severity: warning

WITH
  several AS (
    SELECT hash(subject, lang(object)) FROM statement WHERE predicate = '<rdfs:label>'
    GROUP BY ALL HAVING count(*) > 1
  ),
  stated AS MATERIALIZED (
    SELECT * FROM statement
    WHERE predicate = '<rdfs:label>' AND hash(subject, lang(object)) IN (FROM several)
  )
SELECT subject AS entity, one.object AS label, two.object AS other
FROM stated AS one JOIN stated AS two USING (subject)
WHERE lang(one.object) = lang(two.object) AND str(one.object) < str(two.object)

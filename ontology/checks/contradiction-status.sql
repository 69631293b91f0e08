-- title@fr: Organisation active pour un registre, cessée pour un autre
-- title@en: Organisation active in one register, ceased in another
-- problem@fr: Un registre dit l’organisation active, un autre la dit cessée.
-- problem@en: One register says that the organisation is active, another that it has ceased.
-- solution@fr: Rien, si les registres n’ont pas la même date ; sinon le signaler à celui qui se trompe.
-- solution@en: None if the registers are not of one date; otherwise tell the one that is wrong.
-- severity: info
-- topic: other_sources

WITH stated AS (SELECT * FROM statement WHERE predicate = '<ess:administrativeStatus>')
SELECT subject AS entity, ceased.object AS value, graph(ceased.sources) AS sources,
  active.object AS other, graph(active.sources) AS other_sources
FROM stated AS ceased JOIN stated AS active USING (subject)
WHERE ceased.object = '<administrative-status:ceased>'
  AND active.object = '<administrative-status:active>'

-- title@fr: Liste d’ESS France et répertoire Sirene qui ne s’accordent pas
-- title@en: ESS France list and Sirene register that do not agree
-- problem@fr: L’organisation figure sur la liste d’ESS France, et Sirene ne signale pas qu’elle relève de l’ESS.
-- problem@en: The organisation stands on the ESS France list, and Sirene does not flag it as belonging to the ESS.
-- solution@fr: Rien ici ; la chambre régionale peut faire corriger la liste ou le répertoire.
-- solution@en: None here; the regional chamber can have the list or the register corrected.
-- severity: info
-- topic: family

-- Of Sirene only units that it flags are taken: who has it among the sources of its SIREN is flagged.
WITH
  flagged AS (
    SELECT subject FROM statement
    WHERE predicate = '<ess:siren>' AND list_contains(sources, 'sirene')
  ),
  listed AS (
    SELECT subject, sources FROM statement
    WHERE predicate = '<ess:siren>' AND list_contains(sources, 'ess-france')
  )
SELECT subject AS entity, family.object AS family, graph(listed.sources) AS sources
FROM listed ANTI JOIN flagged USING (subject)
LEFT JOIN (
  SELECT subject, min(object) AS object FROM statement
  WHERE predicate = '<ess:legalFamily>' AND list_contains(sources, 'ess-france') GROUP BY subject
) AS family USING (subject)
WHERE EXISTS (FROM flagged)

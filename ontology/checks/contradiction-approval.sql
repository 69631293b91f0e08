-- title@fr: Agrément d’une organisation qui a cessé
-- title@en: Approval of an organisation that has ceased
-- problem@fr: L’agrément vaut encore quand un registre dit l’organisation cessée.
-- problem@en: The approval still holds when a register says that the organisation has ceased.
-- solution@fr: Rien, si l’agrément n’a pas été retiré ; sinon le signaler au registre qui se trompe.
-- solution@en: None if the approval was not withdrawn; otherwise tell the register that is wrong.
-- severity: info

-- Without a date of its end an organisation has ended at an unknown time, and an approval holds on.
SELECT ceased.subject AS entity, approval.object AS approval, expiry.object AS expires,
  dissolution.object AS dissolved, graph(approval.sources) AS sources,
  graph(ceased.sources) AS other_sources
FROM statement AS ceased
JOIN statement AS approval
ON approval.subject = ceased.subject AND approval.predicate = '<schema:hasCertification>'
LEFT JOIN statement AS expiry
ON expiry.subject = approval.object AND expiry.predicate = '<schema:expires>'
LEFT JOIN statement AS dissolution
ON dissolution.subject = ceased.subject AND dissolution.predicate = '<schema:dissolutionDate>'
WHERE ceased.predicate = '<ess:administrativeStatus>'
  AND ceased.object = '<administrative-status:ceased>'
  AND (
    expiry.object IS NULL OR dissolution.object IS NULL
    OR left(str(dissolution.object), length(str(expiry.object))) < str(expiry.object)
  )

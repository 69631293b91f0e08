-- What each entity is called, its identifiers and its dates; titles and identifiers of its parts too.
SELECT
  hash(split_part(path(subject), '#', 1)) AS entity,
  if(use = 'label', path(subject), NULL) AS path,
  use, rank,
  CASE WHEN starts_with(object, '"') THEN str(object)
    ELSE regexp_extract(object, '/(Q[0-9]+)>$', 1) END AS value,
  CASE WHEN use = 'label' THEN split_part(lang(object), '-', 1) END AS lang
FROM statement JOIN naming USING (predicate)
WHERE starts_with(subject, '<https://w3id.org/ess-kg/id/')
  AND (of_parts OR NOT contains(subject, '#'))
  AND value <> ''

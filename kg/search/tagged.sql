-- Which entity has which values.
SELECT hash(path(subject)) AS entity, tag
FROM statement
JOIN listing USING (predicate)
JOIN tag ON tag.stated = listing.stated AND value = path(object)
WHERE starts_with(subject, '<https://w3id.org/ess-kg/id/') AND NOT contains(subject, '#')
  AND NOT list_contains($concepts, split_part(path(subject), '/', 1))
UNION ALL
SELECT hash(value), tag FROM tag WHERE stated = 'place'

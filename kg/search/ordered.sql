-- What a row of a list shows, and the place of each entity in every order.
WITH
  called AS (
    SELECT entity,
      min(path) AS path,
      min(value) FILTER (use = 'label' AND lang = 'fr') AS fr,
      min(value) FILTER (use = 'label' AND lang = 'en') AS en,
      min(value) FILTER (use = 'label' AND lang NOT IN ('fr', 'en')) AS plain,
      min(value) FILTER (use = 'acronym') AS acronym,
      arg_min(value, rank) FILTER (use = 'code') AS code,
      min(value) FILTER (use = 'place') AS place,
      min(value) FILTER (use = 'began') AS began,
      max(value) FILTER (use = 'ended') AS ended,
      min(value) FILTER (use = 'latitude') AS own_latitude,
      min(value) FILTER (use = 'longitude') AS own_longitude
    FROM word GROUP BY entity HAVING min(path) IS NOT NULL
  ),
  -- The commune of an organisation, the département of a commune.
  seat AS (
    SELECT hash(path(subject)) AS entity, hash(path(object)) AS seat FROM statement
    WHERE predicate = '<ess:commune>'
    UNION ALL
    SELECT hash(thing), hash(wider) FROM wider JOIN level ON territory = wider
    WHERE level = 'departement' AND thing <> wider
  ),
  located AS (
    SELECT seat.entity, min(coalesce(fr, plain, en)) AS seat
    FROM seat JOIN called ON called.entity = seat.seat GROUP BY seat.entity
  ),
  -- Where the seat of an organisation is: its point is that of an establishment.
  sited AS (
    SELECT hash(path(subject)) AS entity, min(own_latitude) AS seat_latitude,
      arg_min(own_longitude, own_latitude) AS seat_longitude
    FROM statement JOIN called ON called.entity = hash(path(object))
    WHERE predicate = '<org:hasRegisteredSite>' GROUP BY subject
  ),
  pointed AS (
    SELECT hash(split_part(path(object), '#', 1)) AS entity, log2(count(*))::INTEGER AS links
    FROM statement
    WHERE starts_with(object, '<https://w3id.org/ess-kg/id/')
      AND starts_with(subject, '<https://w3id.org/ess-kg/id/')
      AND hash(split_part(path(subject), '#', 1)) <> entity
    GROUP BY entity
  ),
  named AS (
    SELECT * EXCLUDE (own_latitude, own_longitude, seat_latitude, seat_longitude),
      coalesce(fr, plain, en) AS first, coalesce(en, plain, fr) AS second,
      coalesce(own_latitude, seat_latitude) AS latitude,
      if(own_latitude IS NULL, seat_longitude, own_longitude) AS longitude
    FROM called LEFT JOIN located USING (entity) LEFT JOIN sited USING (entity)
    LEFT JOIN pointed USING (entity)
  ),
  alphabetical AS (
    SELECT *,
      row_number() OVER (ORDER BY words(first) COLLATE fr, first COLLATE fr, path) AS name_fr,
      row_number() OVER (ORDER BY words(second) COLLATE fr, second COLLATE fr, path) AS name_en
    FROM named
  )
SELECT *,
  row_number() OVER (ORDER BY began DESC NULLS LAST, name_fr) AS newest,
  row_number() OVER (ORDER BY least(coalesce(links, -1), 10), name_fr DESC) AS importance
FROM alphabetical

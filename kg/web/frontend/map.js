// A map of the points that the page lists (`data-latitude`, `data-longitude`); the list says the same.
// The outlines of the départements are ours: no tile is needed, but tiles may be configured.

import L from "leaflet";

import { latitudeLongitude, rings } from "./outlines.js";

const box = document.getElementById("points");
const places = [...document.querySelectorAll("[data-latitude]")];
if (box && places.length) draw(await (await fetch(box.dataset.outlines)).json());

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function draw(france) {
  box.hidden = false;
  const map = L.map(box, { scrollWheelZoom: false, maxZoom: 17, zoomSnap: 0.5 });
  map.attributionControl.setPrefix(false);
  L.polygon(
    france.locations.map((each) => rings(each.path).map((ring) => ring.map(latitudeLongitude))),
    { color: colour("line"), weight: 1, fillColor: colour("deep"), fillOpacity: 1, interactive: false },
  ).addTo(map);
  const { tiles, attribution } = box.dataset;
  if (tiles) L.tileLayer(tiles, { attribution }).addTo(map);
  const points = places.map((element) => {
    const { latitude, longitude } = element.dataset;
    const link = element.querySelector("a");
    const point = L.circleMarker([Number(latitude), Number(longitude)], {
      radius: 7,
      color: colour("paper"),
      weight: 2,
      fillColor: colour("accent"),
      fillOpacity: 1,
    });
    const name = document.createElement(link ? "a" : "span");
    name.textContent = (link ?? element).textContent.trim() || document.title;
    if (link) name.href = link.href;
    return point.bindPopup(name).addTo(map);
  });
  map.fitBounds(L.featureGroup(points).getBounds().pad(0.4), { maxZoom: tiles ? 14 : 7 });
}

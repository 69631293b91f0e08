// A map of the points that the page lists (`data-latitude`, `data-longitude`); the list says the same.
// The outlines of the départements are ours: no tile is needed, but tiles may be configured.

import L from "leaflet";

import { latitudeLongitude, rings } from "./outlines.js";

const box = document.getElementById("points");
const places = [...document.querySelectorAll("[data-latitude]")];
if (box && places.length) await draw(await (await fetch(box.dataset.outlines)).json());

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// Many things one after the other, a few at a time, so that the page answers meanwhile.
async function inParts(all, size, each) {
  for (let start = 0; start < all.length; start += size) {
    await new Promise((done) => setTimeout(done));
    all.slice(start, start + size).forEach(each);
  }
}

async function draw(france) {
  box.hidden = false;
  const map = L.map(box, { scrollWheelZoom: false, maxZoom: 17, zoomSnap: 0.5 });
  map.attributionControl.setPrefix(false);
  const { tiles, attribution } = box.dataset;
  const points = places.map(pointOf);
  const bounds = L.latLngBounds(points.map((point) => point.getLatLng()));
  map.fitBounds(bounds.pad(0.4), { maxZoom: tiles ? 14 : points.length > 1 ? 9 : 7 });
  const land = { color: colour("line"), weight: 1, fillColor: colour("deep"), fillOpacity: 1 };
  await inParts(france.locations, 12, ({ path }) => {
    const outline = rings(path).map((ring) => [ring.map(latitudeLongitude)]);
    L.polygon(outline, { ...land, interactive: false }).addTo(map);
  });
  if (tiles) L.tileLayer(tiles, { attribution }).addTo(map);
  await inParts(points, 12, (point) => point.addTo(map));
  byKeyboard(map, points);
}

function pointOf(element) {
  const { latitude, longitude } = element.dataset;
  const link = element.querySelector("a");
  const name = document.createElement(link ? "a" : "span");
  name.textContent = (link ?? element).textContent.trim() || document.title;
  if (link) name.href = link.href;
  const point = L.circleMarker([Number(latitude), Number(longitude)], {
    radius: 7,
    color: colour("paper"),
    weight: 2,
    fillColor: colour("accent"),
    fillOpacity: 1,
  });
  return point.bindPopup(name);
}

// The points are one stop of the Tab key. From there the arrows go from point to point, in the order
// of the list; Enter opens a point and goes to its link, Escape comes back.
function byKeyboard(map, points) {
  document.getElementById("points-keys").hidden = points.length < 2;
  points.forEach((point, index) => {
    const shape = point.getElement();
    const name = point.getPopup().getContent();
    shape.setAttribute("role", "button");
    shape.setAttribute("aria-label", name.textContent);
    shape.setAttribute("tabindex", index ? -1 : 0);
    shape.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Enter" || event.key === " ") point.openPopup();
      else if (step) go(map, shape, points.at((index + step) % points.length));
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    point.on("popupopen", () => name.focus());
    name.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      point.closePopup();
      shape.focus();
    });
  });
}

function go(map, from, point) {
  from.setAttribute("tabindex", -1);
  const shape = point.getElement();
  shape.setAttribute("tabindex", 0);
  point.bringToFront();
  shape.focus();
  map.panInside(point.getLatLng(), { padding: [20, 20] });
}

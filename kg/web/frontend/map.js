// A map of the points that the page lists (`data-latitude`, `data-longitude`); the list says the same.
// The outlines of the départements are ours: no tile is needed, but tiles may be configured.

import L from "leaflet";

import { latitudeLongitude, rings } from "./outlines.js";

const box = document.getElementById("points");
const listed = [...document.querySelectorAll("[data-latitude]")];
if (box && listed.length) await draw(await (await fetch(box.dataset.outlines)).json());

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
  const moves = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const animated = { fadeAnimation: moves, zoomAnimation: moves, inertia: moves };
  const map = L.map(box, { scrollWheelZoom: false, maxZoom: 17, zoomSnap: 0.5, ...animated });
  // Leaflet has no option for the slide to a popup.
  if (!moves) map.panBy = (offset) => L.Map.prototype.panBy.call(map, offset, { animate: false });
  map.attributionControl.setPrefix(false);
  const { tiles, attribution } = box.dataset;
  const points = byPlace(listed).map(pointOf);
  const bounds = L.latLngBounds(points.map((point) => point.getLatLng()));
  map.fitBounds(bounds.pad(0.4), { maxZoom: tiles ? 14 : points.length > 1 ? 9 : 7 });
  const land = { color: colour("line"), weight: 1, fillColor: colour("deep"), fillOpacity: 1 };
  await inParts(france.locations, 12, ({ path }) => {
    const outline = rings(path).map((ring) => [ring.map(latitudeLongitude)]);
    L.polygon(outline, { ...land, interactive: false }).addTo(map);
  });
  if (tiles) L.tileLayer(tiles, { attribution }).addTo(map);
  await inParts(points, 12, (point) => point.addTo(map));
  points.forEach((point) => point.bindPopup(() => popup(map, point, points), { maxHeight: 220 }));
  byKeyboard(map, points);
}

// What is listed, together where it is at one place: within some ten metres.
function byPlace(elements) {
  const places = new Map();
  for (const element of elements) {
    const { latitude, longitude } = element.dataset;
    const place = [latitude, longitude].map((degrees) => Number(degrees).toFixed(4)).join();
    places.set(place, [...(places.get(place) ?? []), element]);
  }
  return [...places.values()];
}

// A point has the names of all that is there, and shows how many these are.
function pointOf(elements) {
  const { latitude, longitude } = elements[0].dataset;
  const many = elements.length > 1;
  const point = L.circleMarker([Number(latitude), Number(longitude)], {
    radius: many ? 11 : 7,
    color: colour("paper"),
    weight: 2,
    fillColor: colour("accent"),
    fillOpacity: 1,
  });
  point.names = elements.map(nameOf);
  if (many) {
    const number = { permanent: true, direction: "center", className: "how-many" };
    point.bindTooltip(String(elements.length), number);
  }
  return point;
}

function nameOf(element) {
  const link = element.querySelector("a");
  const name = document.createElement(link ? "a" : "span");
  name.textContent = (link ?? element).textContent.trim() || document.title;
  if (link) name.href = link.href;
  else name.tabIndex = -1;
  return name;
}

// The names at a point, and at those that it covers or that cover it, as far as the map is drawn in.
function popup(map, point, points) {
  const at = (each) => map.latLngToLayerPoint(each.getLatLng());
  const reach = (each) => at(each).distanceTo(at(point)) < each.getRadius() + point.getRadius();
  const covered = points.filter((each) => each !== point && reach(each));
  const names = [point, ...covered].flatMap((each) => each.names);
  if (names.length === 1) return names[0];
  const list = document.createElement("ul");
  names.forEach((name) => list.appendChild(document.createElement("li")).append(name));
  return list;
}

// The points are one stop of the Tab key. From there the arrows go from point to point, in the order
// of the list; Enter opens a point and goes to its first link, Escape comes back.
function byKeyboard(map, points) {
  document.getElementById("points-keys").hidden = points.length < 2;
  points.forEach((point, index) => {
    const shape = point.getElement();
    shape.setAttribute("role", "button");
    shape.setAttribute("aria-label", point.names.map((name) => name.textContent).join(", "));
    shape.setAttribute("tabindex", index ? -1 : 0);
    shape.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Enter" || event.key === " ") point.openPopup();
      else if (step) go(map, shape, points.at((index + step) % points.length));
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    point.on("popupopen", ({ popup }) => {
      point.names[0].focus();
      popup.getElement().onkeydown = (event) => {
        if (event.key !== "Escape") return;
        point.closePopup();
        shape.focus();
      };
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

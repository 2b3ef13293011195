"use strict";
// Filters, language and theme; and when what is drawn.

const FILTERS = ["queue", "team", "campaign"];
const state = {
  preset: "", period: null, queue: "", team: "", campaign: "", metric: "load", gapsGrain: "month", gapsLevel: "", sought: "",
};
const waiting = new Set();
let idle = 0;
const byId = (id) => document.getElementById(id);

// ---- periods

function monthPeriod(month, months = 1) {
  const [year, number_] = month.split("-").map(Number);
  const end = Math.round((Date.UTC(year, number_ - 1 + months, 0) - firstAt()) / DAY);
  return { from: dayOf(`${month}-01`), to: Math.min(end, lastDay()) };
}

function shiftMonth(month, by) {
  const [year, number_] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number_ - 1 + by, 1)).toISOString().slice(0, 7);
}

// What may be chosen: [group, [[key, text, period], ...]]; only what the file knows from its first day on.
function periodChoices() {
  const last = lastDay();
  const newest = data.last_month?.slice(0, 7);
  const thisYear = data.last_day.slice(0, 4);
  const common = [
    ["last_30", { from: last - 29, to: last }],
    ["last_91", { from: last - 90, to: last }],
    ["this_year", { from: dayOf(`${thisYear}-01-01`), to: last }],
    ["everything", { from: 0, to: last }],
  ];
  if (newest) {
    common.unshift(["last_month", monthPeriod(newest)]);
    common.splice(3, 0, ["last_year", { from: dayOf(`${shiftMonth(newest, -11)}-01`), to: monthPeriod(newest).to }]);
  }
  const months = [];
  for (let month = data.last_day.slice(0, 7); dayOf(`${month}-01`) >= 0; month = shiftMonth(month, -1)) months.push(month);
  const quarters = months.filter((month) => (Number(month.slice(5)) - 1) % 3 === 0);
  const years = months.filter((month) => month.endsWith("-01"));
  const quarterText = (month) => `${language === "fr" ? "T" : "Q"}${(Number(month.slice(5)) + 2) / 3} ${month.slice(0, 4)}`;
  return [
    ["", common.filter(([, period]) => period.from >= 0).map(([key, period]) => [key, word(key), period])],
    [word("years"), years.map((month) => [month.slice(0, 4), month.slice(0, 4), monthPeriod(month, 12)])],
    [word("quarters"), quarters.map((month) => [`${month.slice(0, 4)}-q${(Number(month.slice(5)) + 2) / 3}`, quarterText(month), monthPeriod(month, 3)])],
    [word("months"), months.map((month) => [month, monthText(Date.parse(`${month}-01`)), monthPeriod(month)])],
  ];
}

function presetPeriod(preset) {
  return periodChoices().flatMap(([, choices]) => choices).find(([key]) => key === preset)?.[2] ?? null;
}

// ---- state in the address, so that a view can be bookmarked

function readAddress() {
  for (const filter of FILTERS) state[filter] = "";
  const asked = new URLSearchParams(location.hash.slice(1) || location.search.slice(1));
  setLanguage(asked.get("lang") ?? new URLSearchParams(location.search).get("lang") ?? document.documentElement.lang);
  for (const filter of FILTERS) {
    const id = asked.get(filter);
    if (data.names[filter].some(([member]) => member === id)) state[filter] = id;
  }
  const days = (asked.get("period") ?? "").match(/^(\d{4}-\d\d-\d\d)_(\d{4}-\d\d-\d\d)$/);
  const custom = days && isKnownPeriod(dayOf(days[1]), dayOf(days[2])) ? { from: dayOf(days[1]), to: dayOf(days[2]) } : null;
  const fallback = data.last_month && presetPeriod("last_month") ? "last_month" : "everything";
  state.preset = custom ? "custom" : presetPeriod(asked.get("period")) ? asked.get("period") : fallback;
  state.period = custom ?? presetPeriod(state.preset);
  const theme = asked.get("theme");
  if (["light", "dark"].includes(theme)) setTheme(theme);
}

const isKnownPeriod = (from, to) => Number.isInteger(from) && Number.isInteger(to) && from >= 0 && to >= from && to <= lastDay();

function writeAddress() {
  const address = new URLSearchParams({ period: state.preset === "custom" ? `${isoOf(state.period.from)}_${isoOf(state.period.to)}` : state.preset });
  for (const filter of FILTERS) if (state[filter]) address.set(filter, state[filter]);
  address.set("lang", language);
  const { theme } = document.documentElement.dataset;
  if (theme !== "auto") address.set("theme", theme);
  history.replaceState(null, "", `#${address}`);
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

// ---- drawing: what is in sight at once, the rest piece by piece while nothing else happens

function update(changes, parts = Object.keys(PARTS)) {
  Object.assign(state, changes);
  if (parts.length > 1) showFilters();
  for (const part of parts) waiting.add(part);
  for (const part of [...waiting]) if (isInSight(part)) draw(part);
  drawLater();
}

function isInSight(part) {
  const { top, bottom } = byId(`part-${part}`).getBoundingClientRect();
  return top < window.innerHeight + 200 && bottom > -200;
}

function drawLater() {
  if (idle || !waiting.size) {
    if (!waiting.size) document.body.dataset.drawn = "all";
    return;
  }
  delete document.body.dataset.drawn;
  idle = setTimeout(() => {
    idle = 0;
    const next = [...waiting].find(isInSight) ?? waiting.values().next().value;
    draw(next);
    drawLater();
  }, 0);
}

function draw(part) {
  waiting.delete(part);
  const body = document.querySelector(`#part-${part} .body`);
  const focused = document.activeElement && body.contains(document.activeElement) ? focusPath(body, document.activeElement) : null;
  body.style.minHeight = `${body.offsetHeight}px`;
  forgetCharts(body);
  body.replaceChildren();
  PARTS[part](body, state);
  body.style.minHeight = "";
  if (focused) body.querySelectorAll("select, input")[focused]?.focus();
}

// A control that redraws its own part keeps the focus.
function focusPath(body, control) {
  const place = [...body.querySelectorAll("select, input")].indexOf(control);
  return place < 0 ? null : String(place);
}

function drawAllNow() {
  for (const part of [...waiting]) draw(part);
}

// ---- filters

function showWords() {
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", word(node.dataset.label));
  document.title = `${word("title")} – callmart`;
  const parts = {
    release: RELEASE.release ?? "?", as_of: momentText(RELEASE.as_of ?? ""), timezone: settings.reporting_timezone ?? "UTC",
    currency: settings.reporting_currency ?? "", first: dayText(firstAt()), last: dayText(at(lastDay())),
  };
  byId("about").textContent = word("about", parts);
  byId("sample").hidden = !RELEASE.is_sample;
  const missing = Object.values(data.kpis).filter((kpi) => kpi.is_available === false).map(called).join(", ");
  const notes = ["note_release", "note_sums", "note_targets", "note_trend", "note_intervals", "note_private"].map((key) => word(key, parts));
  if (missing) notes.push(word("note_unavailable", { kpis: missing }));
  byId("notes").replaceChildren(...notes.map((text) => element("li", {}, text)));
  fillFilters();
}

function momentText(iso) {
  const moment = Date.parse(iso);
  if (Number.isNaN(moment)) return iso || "?";
  const timeZone = settings.reporting_timezone ?? "UTC";
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "medium", timeStyle: "short", timeZone }).format(moment);
}

function fillFilters() {
  const options = (choices) => choices.map(([value, text]) => element("option", { value }, text));
  byId("period").replaceChildren(...periodChoices().flatMap(([group, choices]) =>
    (group ? [element("optgroup", { label: group }, options(choices))] : options(choices))), element("option", { value: "custom" }, word("custom")));
  for (const filter of FILTERS) {
    byId(filter).replaceChildren(...options([["", word(`all_${filter}`)], ...data.names[filter]]));
  }
  for (const id of ["from", "to"]) Object.assign(byId(id), { min: isoOf(0), max: isoOf(lastDay()) });
  byId("language").value = language;
  byId("theme").value = document.documentElement.dataset.theme;
}

function showFilters() {
  byId("period").value = state.preset;
  byId("from").value = isoOf(state.period.from);
  byId("to").value = isoOf(state.period.to);
  for (const filter of FILTERS) byId(filter).value = state[filter];
  const days = word("days_from_to", { from: dayText(at(state.period.from)), to: dayText(at(state.period.to)) });
  const chosen = FILTERS.filter((filter) => state[filter]).map((filter) => `${word(filter)} ${nameOf(filter, state[filter])}`);
  byId("shown").textContent = word("shown", { period: days, scope: chosen.join(", ") || word("whole_centre") });
  writeAddress();
}

function takeDays() {
  const [from, to] = ["from", "to"].map((id) => (byId(id).value ? dayOf(byId(id).value) : NaN));
  byId("to").setCustomValidity("");
  if (!isKnownPeriod(from, to)) {
    byId("filters").reportValidity();
    return;
  }
  update({ preset: "custom", period: { from, to } });
}

function listen() {
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("period").addEventListener("change", (event) => {
    const period = presetPeriod(event.target.value);
    if (period) update({ preset: event.target.value, period });
    else byId("from").focus();
  });
  for (const id of ["from", "to"]) byId(id).addEventListener("change", takeDays);
  for (const filter of FILTERS) byId(filter).addEventListener("change", (event) => update({ [filter]: event.target.value, gapsLevel: "" }));
  byId("reset").addEventListener("click", () => {
    const preset = presetPeriod("last_month") ? "last_month" : "everything";
    update({ preset, period: presetPeriod(preset), queue: "", team: "", campaign: "", gapsLevel: "" });
  });
  byId("language").addEventListener("change", (event) => {
    setLanguage(event.target.value);
    showWords();
    update({});
  });
  byId("theme").addEventListener("change", (event) => {
    setTheme(event.target.value);
    update({});
  });
  byId("print").addEventListener("click", () => window.print());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => update({}));
  let width = window.innerWidth;
  let resizing = 0;
  addEventListener("resize", () => {
    clearTimeout(resizing);
    resizing = setTimeout(() => {
      if (Math.abs(window.innerWidth - width) > 4) update({});
      width = window.innerWidth;
    }, 200);
  });
  addEventListener("scroll", () => { byId("tip").hidden = true; }, { passive: true });
  // An address typed, or a bookmark opened in this tab.
  addEventListener("hashchange", () => {
    readAddress();
    showWords();
    update({ gapsLevel: "" });
  });
  listenToPrinter();
}

// On paper everything is there, in dark ink.
function listenToPrinter() {
  let theme = "";
  addEventListener("beforeprint", () => {
    theme = document.documentElement.dataset.theme;
    setTheme("light");
    document.documentElement.dataset.paper = "yes";
    for (const part of Object.keys(PARTS)) waiting.add(part);
    drawAllNow();
  });
  addEventListener("afterprint", () => {
    setTheme(theme);
    delete document.documentElement.dataset.paper;
    update({});
  });
}

async function start() {
  try {
    await unpack(byId("data").textContent.trim());
    byId("data").remove();
    readAddress();
    showWords();
    listen();
    update({});
    performance.mark("shown");
  } catch (error) {
    const problem = byId("problem");
    problem.hidden = false;
    problem.textContent = word("problem", { reason: String(error.message ?? error) });
    throw error;
  }
}

start();

"use strict";
// Words, numbers and dates in the reader's language. Every text of the page goes through here.

const WORDS = JSON.parse(document.getElementById("words").textContent);
const RELEASE = JSON.parse(document.getElementById("release").textContent); // what release.json says of it
const settings = RELEASE.settings ?? {};
const LANGUAGES = ["en", "fr"];
const LOCALES = { en: "en-GB", fr: "fr-FR" };
const DAY = 86400000;
const NOTHING = "–";
const UNICODE_MINUS = "\u2212";

let language = "en";
const formats = new Map();

function setLanguage(chosen) {
  language = LANGUAGES.includes(chosen) ? chosen : LANGUAGES[0];
  document.documentElement.lang = language;
}

function word(key, parts = {}) {
  const pair = WORDS[key];
  if (!pair) throw new Error(`no word for ${key}`);
  return pair[LANGUAGES.indexOf(language)].replace(/\{(\w+)\}/g, (_, name) => parts[name]);
}

// What the data call something in both languages.
function called(facts) {
  return facts[`name_${language}`];
}

function labelled(name, value) {
  return word("labelled", { name, value });
}

function formatter(kind, options) {
  const key = language + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new kind(LOCALES[language], options));
  return formats.get(key);
}

function number(value, decimals = 0, signed = false) {
  if (value === null || !Number.isFinite(value)) return NOTHING;
  const options = {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    signDisplay: signed ? "exceptZero" : "negative",
  };
  return formatter(Intl.NumberFormat, options).format(value).replace("-", UNICODE_MINUS);
}

const HALF_HOUR_CALLS = "half-hour calls"; // the one unit that is no KPI's

function decimalsOf(unit) {
  if (unit === HALF_HOUR_CALLS) return 1;
  return unit in data.units ? data.units[unit][0] : 2;
}

function unitText(unit) {
  if (unit === HALF_HOUR_CALLS) return "";
  if (unit.startsWith("currency")) return unit.replace("currency", currencySign());
  return unit in data.units ? data.units[unit][LANGUAGES.indexOf(language) + 1] : unit;
}

function currencySign() {
  const code = settings.reporting_currency || "EUR";
  const options = { style: "currency", currency: code, currencyDisplay: "narrowSymbol" };
  return formatter(Intl.NumberFormat, options).formatToParts(0).find((part) => part.type === "currency").value;
}

// Large amounts lose their cents, which nobody reads.
function decimalsFor(value, unit) {
  const decimals = decimalsOf(unit);
  return unit.startsWith("currency") && Math.abs(value) >= 1000 ? 0 : decimals;
}

function quantity(value, unit, signed = false) {
  if (value === null || !Number.isFinite(value)) return NOTHING;
  return number(value, decimalsFor(value, unit), signed);
}

// What keeps a number and its unit on one line, as wide as the language has it.
function gap() {
  return language === "fr" ? "\u202f" : "\u00a0";
}

// Counted things carry their unit in their name already.
function isCount(unit) {
  return decimalsOf(unit) === 0;
}

function withUnit(value, unit) {
  const text = quantity(value, unit);
  const after = isCount(unit) ? "" : unitText(unit);
  return text === NOTHING || !after ? text : `${text}${gap()}${after}`;
}

// A difference of two percentages is in points.
function difference(value, unit) {
  const text = quantity(value, unit, true);
  if (text === NOTHING || isCount(unit)) return text;
  return `${text}${gap()}${unit === "percent" ? unitText("points") : unitText(unit)}`.trim();
}

function dateText(at, options) {
  return formatter(Intl.DateTimeFormat, { ...options, timeZone: "UTC" }).format(at);
}

function dayText(at) {
  const text = dateText(at, { day: "numeric", month: "short", year: "numeric" });
  return language === "fr" ? text.replace(/^1 /, "1er ") : text;
}

function monthText(at) {
  return dateText(at, { month: "long", year: "numeric" });
}

// 2024-01-01 was a Monday; weekdays are counted from 0.
function weekdayText(weekday, length = "short") {
  return dateText(Date.UTC(2024, 0, 1 + weekday), { weekday: length });
}

function hourText(halfHour) {
  return `${String(Math.floor(halfHour / 2)).padStart(2, "0")}:${halfHour % 2 ? "30" : "00"}`;
}

function durationText(minutes) {
  if (minutes < 60) return `${number(minutes)}${gap()}${word("min")}`;
  if (minutes < 1440) return `${number(minutes / 60)}${gap()}${word("hour_short")}`;
  return `${number(minutes / 1440)}${gap()}${word("day_short")}`;
}

"use strict";
// The figures: days are counted from the first one of the file; sides of KPIs are summed here, and divided once.

let data = null;
const WHOLE_CENTRE = { type: "all", id: "all" };
const sides = new Map();
const tables = new Map();

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  data = JSON.parse(await new Response(stream).text());
}

const at = (day) => firstAt() + day * DAY;
const firstAt = () => Date.parse(data.first_day);
const lastDay = () => dayOf(data.last_day);
const dayOf = (iso) => Math.round((Date.parse(iso) - firstAt()) / DAY);
const isoOf = (day) => new Date(at(day)).toISOString().slice(0, 10);
const weekdayOf = (day) => (new Date(at(day)).getUTCDay() + 6) % 7;

function numbers(text, length) {
  const values = new Float64Array(length).fill(NaN);
  if (length) text.split(",").forEach((part, place) => part !== "" && (values[place] = Number(part)));
  return values;
}

// A side of a KPI in one scope; NaN on days without a row.
function side(place) {
  if (!sides.has(place)) {
    const { first_day: first, text } = data.series[place];
    sides.set(place, { first, values: numbers(text, text.split(",").length) });
  }
  return sides.get(place);
}

function sumSide(place, from, to) {
  if (place === null) return null;
  const { first, values } = side(place);
  const end = Math.min(to - first, values.length - 1);
  let sum = null;
  for (let day = Math.max(from - first, 0); day <= end; day += 1) {
    if (!Number.isNaN(values[day])) sum += values[day];
  }
  return sum;
}

// A table of the file: its columns as numbers, and the words of those that hold words.
function table(name) {
  if (!tables.has(name)) {
    const { rows, ...columns } = data[name];
    const read = { rows, words: {} };
    for (const [column, { text, words }] of Object.entries(columns)) {
      read[column] = numbers(text, rows);
      if (words) read.words[column] = words;
    }
    tables.set(name, read);
  }
  return tables.get(name);
}

function wordAt(read, column, row) {
  return read[column][row] < 0 || !read.words[column] ? null : read.words[column][read[column][row]];
}

// Sums columns of a table's rows that pass, by a key of the row.
function summed(name, columns, passes, keyOf = () => "") {
  const read = table(name);
  const sums = new Map();
  for (let row = 0; row < read.rows; row += 1) {
    if (!passes(read, row)) continue;
    const key = keyOf(read, row);
    if (!sums.has(key)) sums.set(key, Object.fromEntries(columns.map((column) => [column, 0])));
    const sum = sums.get(key);
    for (const column of columns) if (!Number.isNaN(read[column][row])) sum[column] += read[column][row];
  }
  return sums;
}

function inPeriod(read, row, period) {
  return read.day[row] >= period.from && read.day[row] <= period.to;
}

// The catalogue's formula, on sums: the one division comes last.
function valueOf(kpi, numerator, denominator) {
  if (numerator === null) return null;
  if (!kpi.denominator) return kpi.multiplier * numerator;
  return denominator ? (kpi.multiplier * numerator) / denominator : null;
}

function kpiOf(id) {
  return { id, ...data.kpis[id] };
}

const isKnown = (id) => id in data.kpis;

// What is kept of a KPI in a scope; a scope may bear any name, `constructor` too.
function kept(what, id, scope) {
  const scopes = data[what][id]?.[scope.type];
  return scopes && Object.hasOwn(scopes, scope.id) ? scopes[scope.id] : null;
}

// A KPI on some days of one scope: {value, numerator, denominator, volume, whole}; `whole` says that it exists for whole
// periods only, and that this is none.
function measure(id, scope, period) {
  const kpi = kpiOf(id);
  if (!kpi.is_additive) return storedValue(id, scope, period);
  const [numeratorSide, denominatorSide] = kept("values", id, scope) ?? [null, null];
  const numerator = sumSide(numeratorSide, period.from, period.to);
  const denominator = sumSide(denominatorSide, period.from, period.to);
  return {
    value: valueOf(kpi, numerator, denominator),
    numerator,
    denominator,
    volume: kpi.denominator ? denominator : numerator,
  };
}

function storedValue(id, scope, period) {
  const name = calendarName(period);
  const found = name && kept("stored", id, scope)?.[name];
  if (!found) return { value: null, numerator: null, denominator: null, volume: null, whole: !name };
  return { value: found[0], numerator: null, denominator: found[1], volume: found[1] };
}

// The scope in which a KPI follows the filters: one at a time, as it is measured by one at a time.
function scopeOf(id, chosen) {
  const { scopes } = data.kpis[id];
  for (const type of ["queue", "campaign", "team"]) {
    if (chosen[type] && scopes.includes(type)) return { type, id: chosen[type] };
  }
  return WHOLE_CENTRE;
}

function scopeName(scope) {
  if (scope.type === "all") return word("whole_centre");
  return nameOf(scope.type, scope.id);
}

function nameOf(type, id) {
  return data.names[type]?.find(([member]) => member === id)?.[1] ?? id;
}

// Verdicts as in kpi_scorecard: a target of the scope itself, else the one for all; without a target the benchmark.
function judge(id, scope, { value, volume }) {
  const kpi = kpiOf(id);
  const [target, warning, minimum, benchmark] =
    kept("targets", id, scope) ?? kept("targets", id, WHOLE_CENTRE) ?? [null, null, null, null];
  const reference = target ?? benchmark;
  const sign = { higher: 1, lower: -1 }[kpi.better];
  const judged = { reference, basis: target !== null ? "target" : "benchmark", gap: null, verdict: null };
  if (reference === null || value === null) return judged;
  judged.gap = value - reference;
  if (target !== null && minimum !== null && volume < minimum) judged.verdict = "few";
  else if (!sign) judged.verdict = null;
  else if (judged.gap * sign >= 0) judged.verdict = "met";
  else if (target !== null && warning !== null && (value - warning) * sign >= 0) judged.verdict = "warning";
  else judged.verdict = "missed";
  return judged;
}

// The month, quarter or year that the days are, as `kpi_values` names it; the newest one may be under way.
function calendarName({ from, to }) {
  const start = new Date(at(from));
  const year = start.getUTCFullYear();
  const month = start.getUTCMonth();
  for (const [grain, months] of [["month", 1], ["quarter", 3], ["year", 12]]) {
    if (start.getUTCDate() !== 1 || month % months) continue;
    const end = Math.round((Date.UTC(year, month + months, 0) - firstAt()) / DAY);
    if (to === end || (to === lastDay() && to < end)) return `${grain} ${isoOf(from)}`;
  }
  return null;
}

// The period before: the calendar one before a whole calendar period, else as many days just before; null when the file
// does not reach that far.
function periodBefore({ from, to }) {
  const name = calendarName({ from, to });
  const months = { month: 1, quarter: 3, year: 12 }[name?.split(" ")[0]];
  const isWhole = months && isoOf(to + 1).endsWith("-01");
  const start = new Date(at(from));
  const before = isWhole
    ? Math.round((Date.UTC(start.getUTCFullYear(), start.getUTCMonth() - months, 1) - firstAt()) / DAY)
    : from - (to - from + 1);
  return before < 0 ? null : { from: before, to: from - 1 };
}

// The pieces into which a period is cut for a line: days, weeks from Monday, or months; {from, to, at}.
function pieces({ from, to }, finest = "day") {
  const length = to - from + 1;
  const grain = length <= 45 ? finest : length <= 200 ? "week" : "month";
  const cut = [];
  for (let day = from; day <= to; day += 1) {
    const isStart =
      grain === "day" || (grain === "week" ? weekdayOf(day) === 0 : new Date(at(day)).getUTCDate() === 1);
    if (isStart || !cut.length) cut.push({ from: day, to: day, at: at(day) });
    else cut[cut.length - 1].to = day;
  }
  return { grain, cut };
}

function pieceText(grain, piece) {
  if (grain === "day") return `${weekdayText(weekdayOf(piece.from))} ${dayText(piece.at)}`;
  if (grain === "month" && piece.to - piece.from > 26) return monthText(piece.at);
  return `${dayText(piece.at)} – ${dayText(at(piece.to))}`;
}

const Z = 1.959963984540054; // the normal quantile of 97.5 %

// 95 % interval of a proportion, in percent (Wilson, Journal of the American Statistical Association, 1927).
function wilson(positive, answers) {
  if (!answers) return [null, null];
  const share = positive / answers;
  const spread = Z * Math.sqrt((share * (1 - share)) / answers + (Z * Z) / (4 * answers * answers));
  const scale = 1 + (Z * Z) / answers;
  const middle = share + (Z * Z) / (2 * answers);
  return [(100 * (middle - spread)) / scale, (100 * (middle + spread)) / scale];
}

// 95 % interval of a net score, in points: the adjusted Wald interval, three answers added, three quarters of one on
// either side (Rocks, The American Statistician, 2016). Cut at -100 and 100.
function netInterval(good, bad, answers) {
  if (!answers) return [null, null];
  const total = answers + 3;
  const up = (good + 0.75) / total;
  const down = (bad + 0.75) / total;
  const spread = Z * Math.sqrt((up + down - (up - down) ** 2) / total);
  const clip = (share) => 100 * Math.max(-1, Math.min(1, share));
  return [clip(up - down - spread), clip(up - down + spread)];
}

"use strict";
// Elements, tables and charts. A text of the data is only ever set as text.

const CHARTS = JSON.parse(document.getElementById("charts").textContent);
const CHART_LOCALES = JSON.parse(document.getElementById("locales").textContent);
const SVG = "http://www.w3.org/2000/svg";
const views = new Map();

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

const MARKS = { met: "✓", warning: "!", missed: "✗", few: "~" };

function verdictMark(verdict) {
  if (!verdict) return null;
  return element("span", { class: `mark ${verdict}` },
    element("span", { "aria-hidden": "true" }, MARKS[verdict]),
    element("span", { class: "unseen" }, ` ${word(verdict)} `));
}

// What a part of the page follows.
function follows(...filters) {
  const names = filters.length ? filters.map((filter) => word(`follows_${filter}`)) : [word("follows_nothing")];
  return element("p", { class: "follows" }, word("follows", { filters: names.join(" · ") }));
}

function select(label, options, chosen, onChange) {
  const box = element("select", { onchange: (event) => onChange(event.target.value) },
    options.map(([value, text]) => element("option", { value, selected: value === chosen }, text)));
  return element("label", {}, element("span", {}, label), box);
}

// Sorting stays as chosen while the filters change.
const sorting = new Map();

// A table. Columns: {title, text(row), value(row)?, mark(row)?, isNumber, isHead}; with a value a column can be sorted by.
function tableElement(id, caption, columns, rows, { sortable = false, limit = Infinity } = {}) {
  const body = element("tbody");
  const heads = element("tr");
  const holder = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption });
  const made = element("table", { id }, element("caption", { class: "unseen" }, caption), element("thead", {}, heads), body);
  const rest = element("p", { class: "more" });

  function fill() {
    if (document.documentElement.dataset.paper) limit = Infinity;
    const order = sorting.get(id);
    let sorted = rows;
    if (sortable && order) {
      const { value } = columns[order.column];
      const last = order.descending ? -1 : 1;
      sorted = [...rows].sort((one, other) => compare(value(one), value(other), last));
    }
    heads.replaceChildren(...columns.map((column, place) => head(column, place, order)));
    body.replaceChildren(...sorted.slice(0, limit).map((row) => element("tr", {}, columns.map((column) => cell(column, row)))));
    rest.hidden = rows.length <= limit;
    rest.replaceChildren(element("button", { type: "button", class: "quiet", onclick: () => { limit = Infinity; fill(); } },
      word("more_rows", { count: number(rows.length - limit) })));
  }

  function head(column, place, order) {
    const isSorted = sortable && order?.column === place;
    const direction = isSorted ? (order.descending ? "descending" : "ascending") : null;
    const label = sortable && column.value
      ? element("button", { type: "button", title: word("sorted_by", { title: column.title }), onclick: () => sortBy(place) },
        column.title, element("span", { "aria-hidden": "true", class: "arrow" }, isSorted ? (order.descending ? " ▼" : " ▲") : ""))
      : column.title;
    return element("th", { scope: "col", class: column.isNumber ? "number" : "", "aria-sort": direction }, label);
  }

  function sortBy(place) {
    const order = sorting.get(id);
    const descending = order?.column === place ? !order.descending : Boolean(columns[place].isNumber);
    sorting.set(id, { column: place, descending });
    fill();
    heads.children[place].querySelector("button").focus();
  }

  holder.append(made);
  fill();
  return element("div", {}, holder, rest);
}

// Unknown comes last, whichever way.
function compare(one, other, sign) {
  if (one === null || other === null) return (one === null) - (other === null);
  return sign * (typeof one === "string" ? one.localeCompare(other, LOCALES[language]) : one - other);
}

function cell(column, row) {
  const tag = column.isHead ? "th" : "td";
  const attributes = { class: [column.isNumber ? "number" : "", column.tone?.(row) ?? ""].join(" ").trim() };
  if (column.isHead) attributes.scope = "row";
  return element(tag, attributes, column.mark?.(row) ?? null, column.text(row));
}

// The chart's figures, for those who do not see it, or want them.
function behind(id, caption, columns, rows) {
  const details = element("details", { class: "table-of-chart" }, element("summary", {}, word("table")));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(tableElement(id, caption, columns, rows));
  });
  return details;
}

function sparkline(values, reference) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return null;
  const shown = reference === null ? known : [...known, reference];
  const low = Math.min(...shown);
  const span = Math.max(...shown) - low || 1;
  const width = 200;
  const height = 34;
  const x = (place) => (place / (values.length - 1)) * width;
  const y = (value) => 2 + (height - 4) * (1 - (value - low) / span);
  let path = "";
  let isDrawn = false;
  values.forEach((value, place) => {
    if (value !== null) path += `${isDrawn ? "L" : "M"}${x(place).toFixed(1)} ${y(value).toFixed(1)}`;
    isDrawn = value !== null;
  });
  const svg = document.createElementNS(SVG, "svg");
  const set = (node, attributes) => Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
  set(svg, { viewBox: `0 0 ${width} ${height}`, class: "spark", preserveAspectRatio: "none", "aria-hidden": "true" });
  const draw = (attributes) => {
    const line = document.createElementNS(SVG, "path");
    set(line, { fill: "none", "vector-effect": "non-scaling-stroke", ...attributes });
    svg.append(line);
  };
  if (reference !== null) draw({ d: `M0 ${y(reference)}L${width} ${y(reference)}`, class: "spark-reference" });
  draw({ d: path, class: "spark-line" });
  return svg;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function chartConfig() {
  const text = { labelColor: colour("soft"), titleColor: colour("soft"), labelFontSize: 11, titleFontSize: 11, titleFontWeight: 500 };
  const font = colour("font");
  return {
    font,
    axis: { ...text, labelFont: font, titleFont: font, gridColor: colour("line"), domainColor: colour("line"), tickColor: colour("line") },
    legend: { ...text, labelFont: font, titleFont: font },
    text: { font, fontSize: 11 },
    range: { heatmap: [colour("heat-low"), colour("heat-middle"), colour("heat-high")] },
  };
}

const COLOURS = { "@colour": "series", "@second": "second", "@reference": "reference", "@muted": "muted", "@background": "card" };

// A copy of a chart with words and colours in place of their names.
function worded(part, texts) {
  if (Array.isArray(part)) return part.map((item) => worded(item, texts));
  if (part && typeof part === "object") return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, worded(item, texts)]));
  if (typeof part !== "string" || !part.startsWith("@")) return part;
  if (part.slice(1) in texts) return texts[part.slice(1)];
  return part in COLOURS ? colour(COLOURS[part]) : word(part.slice(1));
}

const TIME_FORMATS = { day: "%-d %b", week: "%-d %b", month: "%b %Y" };

// Draws a chart into a holder that is in the page. `rows`: data set -> its rows. `text` says what the chart shows, `axis`
// is the unit of its values, `grain` that of its time.
function chart(holder, name, rows, text, axis = "", grain = "day") {
  views.get(holder)?.finalize();
  const spec = worded(CHARTS[name], { axis, time_format: TIME_FORMATS[grain] });
  for (const set of spec.data) if (set.name in rows) set.values = rows[set.name];
  spec.width = Math.max(220, Math.floor(holder.clientWidth));
  spec.description = text;
  vega.formatLocale(CHART_LOCALES[language].number);
  vega.timeFormatLocale(CHART_LOCALES[language].time);
  const options = { renderer: "svg", hover: true, tooltip: showTip, logLevel: vega.Error };
  const view = new vega.View(vega.parse(spec, chartConfig()), options);
  views.set(holder, view);
  view.initialize(holder).run();
}

function forgetCharts(within) {
  for (const [holder, view] of views) {
    if (!within.contains(holder)) continue;
    view.finalize();
    views.delete(holder);
  }
}

function showTip(_handler, event, _item, text) {
  const tip = document.getElementById("tip");
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  const left = Math.min(event.clientX + 12, window.innerWidth - tip.offsetWidth - 8);
  const top = event.clientY + 16 + tip.offsetHeight > window.innerHeight ? event.clientY - tip.offsetHeight - 10 : event.clientY + 16;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${Math.max(4, top)}px`;
}

"use strict";
// The parts of the page. Each is drawn anew, from the figures, whenever what it follows changes.

const TILES = [
  ["group_accessibility", ["service_level", "abandonment_rate", "average_speed_of_answer", "offered_calls"]],
  ["group_handling", ["average_handle_time", "first_contact_resolution", "escalation_rate", "occupancy"]],
  ["group_experience", ["csat", "nps", "ces", "qa_score"]],
  ["group_outbound", ["outbound_calls", "contact_rate", "conversion_rate_per_call", "lead_response_time"]],
  ["group_money", ["revenue", "roi", "cost_per_lead", "customer_acquisition_cost"]],
];
const TEAM_KPIS = [
  "handled_calls", "average_handle_time", "average_wrap_time", "first_contact_resolution", "escalation_rate", "transfer_rate",
  "csat", "nps", "qa_score", "occupancy", "outbound_calls", "contact_rate", "enps",
];
const AGENT_KPIS = [
  "handled_calls", "average_handle_time", "average_wrap_time", "resolution_rate", "escalation_rate", "transfer_rate",
  "outbound_calls", "outbound_calls_per_hour",
];
const CAMPAIGN_KPIS = ["roi", "roi_margin", "cost_per_call", "cost_per_contact", "cost_per_lead", "customer_acquisition_cost", "average_order_value"];
const ANSWERED = ["csat", "nps", "ces", "enps"];
const SMALL_SAMPLE = 30;
const FULL_HALF_HOUR = 20; // calls under which a half hour's rate says little

const PARTS = {
  tiles: drawTiles, gaps: drawGaps, accessibility: drawAccessibility, load: drawLoad, experience: drawExperience,
  outbound: drawOutbound, leads: drawLeads, campaigns: drawCampaigns, people: drawPeople, all: drawAll,
};

function figure(title, ...children) {
  return element("figure", { class: "card" }, element("figcaption", {}, title), children);
}

function chartHolder(height) {
  const holder = element("div", { class: "chart" });
  holder.style.minHeight = `${height}px`;
  return holder;
}

const chosenScope = (state, ...types) => {
  const type = types.find((candidate) => state[candidate]);
  return type ? { type, id: state[type] } : WHOLE_CENTRE;
};

// ---- key figures

function drawTiles(body, state) {
  body.append(...TILES.map(([group, ids]) =>
    element("div", { class: "group" }, element("h3", {}, word(group)),
      element("div", { class: "tiles" }, ids.filter(isKnown).map((id) => tile(id, state))))));
}

function tile(id, state) {
  const kpi = kpiOf(id);
  const scope = scopeOf(id, state);
  const found = measure(id, scope, state.period);
  const judged = judge(id, scope, found);
  const { cut } = pieces(state.period);
  const isFiltered = Boolean(state.queue || state.team || state.campaign);
  const isElsewhere = isFiltered && scope.type === "all";
  return element("article", { class: `tile ${judged.verdict ?? ""}`, "data-kpi": id },
    element("h4", {}, called(kpi)),
    element("p", { class: "figure" },
      element("data", { value: found.value === null ? "" : String(found.value) }, quantity(found.value, kpi.unit)),
      found.value === null || isCount(kpi.unit) ? null : element("span", { class: "unit" }, `${gap()}${unitText(kpi.unit)}`)),
    element("p", { class: "verdict" }, verdict(kpi, judged, found)),
    element("p", { class: "before" }, trend(id, scope, found, state)),
    kpi.is_additive ? sparkline(cut.map((piece) => measure(id, scope, piece).value), judged.reference) : null,
    isFiltered ? element("p", { class: isElsewhere ? "where elsewhere" : "where", title: isElsewhere ? word("whole_centre_note") : null }, scopeName(scope)) : null,
    element("details", { class: "definition" }, element("summary", {}, word("definition")), element("p", {}, kpi[`definition_${language}`])));
}

function verdict(kpi, judged, found) {
  if (found.whole) return word("whole_periods_only");
  if (found.value === null) return word("no_value");
  if (judged.reference === null) {
    if (!ANSWERED.includes(kpi.id)) return "";
    return [verdictMark(found.volume < SMALL_SAMPLE ? "few" : null), `${number(found.volume)} ${word("answers")}`];
  }
  const text = `${word(judged.basis)} ${withUnit(judged.reference, kpi.unit)} · ${difference(judged.gap, kpi.unit)}`;
  return [verdictMark(judged.verdict), element("span", {}, text)];
}

function trend(id, scope, found, state) {
  const kpi = kpiOf(id);
  const before = periodBefore(state.period);
  const earlier = before ? measure(id, scope, before).value : null;
  if (found.value === null) return "";
  if (earlier === null) return word("nothing_before");
  const shown = difference(found.value - earlier, kpi.unit);
  const change = /[1-9]/.test(shown) ? found.value - earlier : 0; // what rounds to nothing is no change
  const sign = { higher: 1, lower: -1 }[kpi.better];
  const arrow = change > 0 ? "▲" : change < 0 ? "▼" : "=";
  const tone = !change ? word("unchanged") : sign ? word(change * sign > 0 ? "better" : "worse") : "";
  return [element("span", { "aria-hidden": "true" }, `${arrow} `), `${change ? shown : ""} ${tone} `,
    element("span", { class: "soft" }, word("against_before", { value: withUnit(earlier, kpi.unit) }))];
}

// ---- gaps

function drawGaps(body, state) {
  const read = table("gaps");
  const filtered = ["queue", "campaign", "team"].find((type) => state[type]);
  const level = state.gapsLevel || filtered || "all";
  const rows = [];
  for (let row = 0; row < read.rows; row += 1) {
    const type = wordAt(read, "scope_type", row);
    const id = wordAt(read, "scope_id", row);
    if (wordAt(read, "grain", row) !== state.gapsGrain || type !== level) continue;
    if (state[type] && state[type] !== id) continue;
    const kpi = kpiOf(wordAt(read, "kpi_id", row));
    const at_ = (column) => (Number.isNaN(read[column][row]) ? null : read[column][row]);
    rows.push({ kpi, scope: { type, id }, value: at_("value"), reference: at_("reference"), gap: at_("gap"), percent: at_("gap_percent"),
      shortfall: at_("shortfall"), isWorse: at_("is_getting_worse"), basis: wordAt(read, "gap_basis", row), start: wordAt(read, "period_start", row) });
  }
  const start = rows.length ? ` (${dayText(Date.parse(rows[0].start))})` : "";
  const controls = element("div", { class: "controls" },
    select(word("gaps_grain"), ["month", "quarter", "year"].map((grain) => [grain, word(`grain_${grain}`)]), state.gapsGrain, (grain) => update({ gapsGrain: grain }, ["gaps"])),
    select(word("gaps_level"), ["all", "queue", "team", "campaign"].map((type) => [type, word(`level_${type}`)]), level, (type) => update({ gapsLevel: type }, ["gaps"])));
  body.append(controls, follows("queue", "campaign", "team"));
  if (!rows.length) return body.append(element("p", { class: "empty" }, word("no_gaps")));
  const widest = Math.max(...rows.map((row) => row.percent ?? 0));
  const columns = [
    { title: word("kpi"), isHead: true, text: (row) => called(row.kpi), value: (row) => called(row.kpi) },
    { title: word("scope"), text: (row) => scopeName(row.scope), value: (row) => scopeName(row.scope) },
    { title: word("value"), isNumber: true, text: (row) => withUnit(row.value, row.kpi.unit) },
    { title: word("reference"), isNumber: true, text: (row) => `${withUnit(row.reference, row.kpi.unit)} (${word(row.basis).toLowerCase()})` },
    { title: word("gap"), isNumber: true, text: (row) => difference(row.gap, row.kpi.unit) },
    { title: word("gap_percent"), isNumber: true, text: (row) => bar(row.percent, widest, withUnit(row.percent, "percent")), value: (row) => row.percent },
    { title: word("shortfall"), isNumber: true, text: (row) => number(row.shortfall === null ? null : Math.ceil(row.shortfall)), value: (row) => row.shortfall },
    { title: word("trend"), text: (row) => (row.isWorse === null ? NOTHING : word(row.isWorse ? "getting_worse" : "not_getting_worse")), value: (row) => row.isWorse },
  ];
  return body.append(tableElement("gaps", `${word("part_gaps")}${start}`, columns, rows, { sortable: true, limit: 12 }));
}

function bar(value, widest, text) {
  const length = element("span", { class: "bar", "aria-hidden": "true" });
  length.style.width = `${widest ? Math.max(1, (60 * (value ?? 0)) / widest) : 0}px`;
  return element("span", { class: "barred" }, length, text);
}

// ---- service level and abandonment

function drawAccessibility(body, state) {
  const scope = chosenScope(state, "queue");
  const holders = [];
  const cards = ["service_level", "abandonment_rate"].filter(isKnown).map((id) => {
    const kpi = kpiOf(id);
    const holder = chartHolder(190);
    const { grain, points } = line(id, scope, state.period);
    const { reference, basis } = judge(id, scope, measure(id, scope, state.period));
    const label = reference === null ? "" : `${word(basis)} ${withUnit(reference, kpi.unit)}`;
    holders.push([holder, id, points.filter((point) => point.value !== null), reference === null ? [] : [{ value: reference, label }], `${called(kpi)}, ${word(`by_${grain}`)}`, grain]);
    const columns = [
      { title: word("period"), isHead: true, text: (row) => row.name },
      { title: called(kpi), isNumber: true, text: (row) => withUnit(row.value, kpi.unit) },
      { title: called(kpiOf("offered_calls")), isNumber: true, text: (row) => number(row.volume) },
    ];
    return figure([called(kpi), element("span", { class: "soft" }, `, ${word(`by_${grain}`)} · ${scopeName(scope)}`)],
      holder, behind(`table-${id}`, called(kpi), columns, points));
  });
  body.append(follows("period", "queue"), element("div", { class: "columns" }, cards));
  for (const [holder, id, points, reference, text, grain] of holders) chart(holder, "rate", { points, reference }, text, unitText(kpiOf(id).unit), grain);
}

function line(id, scope, period) {
  const kpi = kpiOf(id);
  const { grain, cut } = pieces(period);
  const points = cut.map((piece) => {
    const { value, volume } = measure(id, scope, piece);
    const name = pieceText(grain, piece);
    return { at: piece.at, name, value, volume, label: `${name}\n${labelled(called(kpi), withUnit(value, kpi.unit))}` };
  });
  return { grain, points };
}

// ---- load and wait

const LOAD_COLUMNS = ["offered_calls", "answered_within_target_calls", "abandoned_calls", "answered_wait_seconds", "answered_calls_with_known_wait"];

function drawLoad(body, state) {
  const ids = ["service_level", "average_speed_of_answer", "abandonment_rate"].filter(isKnown);
  const metric = state.metric;
  const isLoad = metric === "load";
  const kpi = isLoad ? { unit: HALF_HOUR_CALLS } : kpiOf(metric);
  const title = isLoad ? word("load") : called(kpi);
  const { period, queue } = state;
  const days = Array(7).fill(0);
  for (let day = period.from; day <= Math.min(period.to, lastDay()); day += 1) days[weekdayOf(day)] += 1;
  const sums = summed("intervals", LOAD_COLUMNS,
    (read, row) => inPeriod(read, row, period) && (!queue || wordAt(read, "queue_id", row) === queue),
    (read, row) => weekdayOf(read.day[row]) * 48 + read.half_hour[row]);
  const cells = [...sums].map(([key, sum]) => {
    const weekday = Math.floor(key / 48);
    const value = isLoad ? sum.offered_calls / days[weekday] : valueOf(kpi, sum[kpi.numerator], sum[kpi.denominator]);
    const hour = hourText(key % 48);
    const label = `${weekdayText(weekday, "long")} ${hour}\n${labelled(title, withUnit(value, kpi.unit))}\n${number(sum.offered_calls)} ${unitText("calls")}`;
    return { key, weekday: weekdayText(weekday), order: weekday, hour, value, calls: sum.offered_calls, label };
  }).filter((item) => item.value !== null).sort((one, other) => one.key - other.key);
  const hours = [...new Set(cells.map((item) => item.key % 48))].sort((one, other) => one - other);
  const choices = element("fieldset", { class: "radios" }, element("legend", {}, word("show")),
    ["load", ...ids].map((id) => element("label", {},
      element("input", { type: "radio", name: "metric", value: id, checked: id === metric, onchange: () => update({ metric: id }, ["load"]) }),
      id === "load" ? word("load") : called(kpiOf(id)))));
  body.append(choices, follows("period", "queue"));
  if (!cells.length) return body.append(element("p", { class: "empty" }, word("no_value")));
  const holder = chartHolder(230);
  const columns = [
    { title: word("local_time"), isHead: true, text: (hour) => hourText(hour) },
    ...[0, 1, 2, 3, 4, 5, 6].map((weekday) => ({ title: weekdayText(weekday), isNumber: true,
      text: (hour) => quantity(cells.find((item) => item.key === weekday * 48 + hour)?.value ?? null, kpi.unit) })),
  ];
  body.append(figure([title, element("span", { class: "soft" }, ` · ${scopeName(chosenScope(state, "queue"))}`)],
    holder, element("p", { class: "summary" }, extreme(cells, metric, kpi)), behind("table-load", title, columns, hours)));
  // Every half hour between the first and the last, so that the night is a gap and not a jump.
  const all = [];
  for (let hour = hours[0]; hour <= hours[hours.length - 1]; hour += 1) for (let weekday = 0; weekday < 7; weekday += 1) {
    all.push(cells.find((item) => item.key === weekday * 48 + hour) ?? { hour: hourText(hour), weekday: weekdayText(weekday), order: weekday, value: null, label: null });
  }
  return chart(holder, "heat", { cells: all.filter((item) => item.value !== null || days[item.order]) }, title, isLoad ? "" : unitText(kpi.unit));
}

function extreme(cells, metric, kpi) {
  const full = metric === "load" ? cells : cells.filter((item) => item.calls >= FULL_HALF_HOUR);
  if (!full.length) return "";
  const isWorse = metric !== "load" && kpi.better === "higher" ? (one, other) => one < other : (one, other) => one > other;
  const worst = full.reduce((kept, item) => (isWorse(item.value, kept.value) ? item : kept));
  const parts = { weekday: weekdayText(worst.order, "long"), hour: worst.hour, value: withUnit(worst.value, kpi.unit) };
  return metric === "load" ? word("load_summary", parts) : word("worst_summary", { ...parts, kpi: called(kpi), volume: number(FULL_HALF_HOUR) });
}

// ---- what customers say

const NET_SCORES = { nps: ["nps_promoters", "nps_detractors"], ces: ["ces_easy_answers", "ces_difficult_answers"] };

function answerScore(id, scope, period) {
  const found = measure(id, scope, period);
  const answers = found.denominator ?? 0;
  let interval = wilson(found.numerator ?? 0, answers);
  if (id in NET_SCORES) {
    const columns = NET_SCORES[id];
    const sum = summed("answers", columns, (read, row) => inPeriod(read, row, period)
      && wordAt(read, "scope_type", row) === scope.type && wordAt(read, "scope_id", row) === scope.id).get("") ?? {};
    interval = netInterval(sum[columns[0]] ?? 0, sum[columns[1]] ?? 0, answers);
  }
  return { value: found.value, answers, low: interval[0], high: interval[1], isSmall: answers < SMALL_SAMPLE };
}

function drawExperience(body, state) {
  const scope = chosenScope(state, "queue", "team");
  const { grain, cut } = pieces(state.period, "week"); // few answers come in a day
  const drawn = [];
  const cards = ["csat", "nps", "ces"].filter(isKnown).map((id) => {
    const kpi = kpiOf(id);
    const whole = answerScore(id, scope, state.period);
    const points = cut.map((piece) => {
      const score = answerScore(id, scope, piece);
      const name = pieceText(grain, piece);
      return { ...score, at: piece.at, name, is_small: score.isSmall, label: `${name}\n${scoreText(kpi, score)}` };
    }).filter((point) => point.value !== null);
    const holder = chartHolder(180);
    drawn.push([holder, points, `${called(kpi)}, ${word(`by_${grain}`)}`, unitText(kpi.unit)]);
    const columns = [
      { title: word("period"), isHead: true, text: (row) => row.name },
      { title: called(kpi), isNumber: true, text: (row) => withUnit(row.value, kpi.unit) },
      { title: word("low"), isNumber: true, text: (row) => quantity(row.low, kpi.unit) },
      { title: word("high"), isNumber: true, text: (row) => quantity(row.high, kpi.unit) },
      { title: word("answers"), isNumber: true, text: (row) => number(row.answers) },
    ];
    return figure([called(kpi), element("span", { class: "soft" }, `, ${word(`by_${grain}`)} · ${scopeName(scope)}`)],
      element("p", { class: "score", "data-score": id }, whole.value === null ? word("no_value") : scoreText(kpi, whole)),
      holder, behind(`table-${id}`, called(kpi), columns, points));
  });
  body.append(follows("period", "queue", "team"), element("div", { class: "columns three" }, cards));
  for (const [holder, points, text, axis] of drawn) chart(holder, "interval", { points }, text, axis, grain);
}

function scoreText(kpi, score) {
  const small = score.isSmall ? ` · ${word("small_sample")}` : "";
  return `${withUnit(score.value, kpi.unit)} · ${word("interval")} ${quantity(score.low, kpi.unit)} … ${quantity(score.high, kpi.unit)} · ${number(score.answers)} ${word("answers")}${small}`;
}

// ---- outbound

const CALL_STEPS = [
  ["outbound_calls", "outbound_calls"], ["connected_calls", "dialing_efficiency"], ["reached_calls", "response_rate"], ["contacted_calls", "contact_rate"],
  ["argued_calls", "exploitation_rate_per_call"], ["positive_calls", "agreement_rate"], ["converting_calls", "conversion_rate_per_call"], ["sold_calls", "sales_transformation_rate"],
];
const RECORD_STEPS = ["supplied_records", "called_records", "reached_records", "argued_records", "converted_records"];
const LEAD_STEPS = ["leads_collected", "leads_called", "leads_contacted", "leads_qualified", "leads_converted"];

const ofCampaign = (state) => (read, row) => !state.campaign || wordAt(read, "campaign_id", row) === state.campaign;

function drawOutbound(body, state) {
  const columns = [...RECORD_STEPS, "usable_records", "remaining_records"];
  const records = summed("records", columns, ofCampaign(state)).get("");
  const scope = chosenScope(state, "campaign", "team");
  const calls = CALL_STEPS.filter(([, id]) => isKnown(id)).map(([step, id]) => [step, measure(id, scope, state.period).numerator]);
  const isCampaign = ofCampaign(state);
  const leads = summed("lead_steps", LEAD_STEPS, (read, row) => inPeriod(read, row, state.period) && isCampaign(read, row)).get("");
  body.append(element("div", { class: "columns three" },
    funnel("records", records ? RECORD_STEPS.map((step) => [step, records[step]]) : [], follows("campaign"),
      records ? word("records_note", { usable: number(records.usable_records), remaining: number(records.remaining_records) }) : ""),
    funnel("calls", calls, follows("period", "campaign", "team"), scopeName(scope)),
    funnel("leads", leads ? LEAD_STEPS.map((step) => [step, leads[step]]) : [], follows("period", "campaign"), "")));
}

function funnel(name, steps, followed, note) {
  const first = steps[0]?.[1];
  const rows = steps.map(([step, count], place) => {
    const before = place ? steps[place - 1][1] : null;
    const length = element("span", { class: "funnel-bar", "aria-hidden": "true" });
    length.style.width = `${first ? Math.max(0.4, (100 * (count ?? 0)) / first) : 0}%`;
    const share = (whole) => withUnit(whole ? (100 * (count ?? 0)) / whole : null, "percent");
    return element("li", { "data-step": step },
      element("span", { class: "funnel-name" }, word(step)),
      element("span", { class: "funnel-count" }, element("data", { value: String(count ?? "") }, number(count))),
      element("span", { class: "funnel-track" }, length),
      element("span", { class: "funnel-share" }, place ? `${share(first)} ${word("of_first")} · ${share(before)} ${word("of_before")}` : ""));
  });
  return figure(word(`funnel_${name}`), followed,
    first ? element("ol", { class: "funnel", "data-funnel": name }, rows) : element("p", { class: "empty" }, word("no_value")),
    note ? element("p", { class: "summary" }, note) : null);
}

// ---- leads

function drawLeads(body, state) {
  const isCampaign = ofCampaign(state);
  const passes = (read, row) => inPeriod(read, row, state.period) && isCampaign(read, row);
  const sums = summed("response_classes", ["leads"], passes, (read, row) => read.class[row]);
  const bounds = data.response_bounds;
  const names = bounds.map((bound) => word("within", { bound: durationText(bound) }));
  names.push(word("beyond", { bound: durationText(bounds[bounds.length - 1]) }));
  const classes = names.map((name, order) => ({ name, order, leads: sums.get(order)?.leads ?? 0, kind: "called" }));
  classes.push({ name: word("never_called"), order: 98, leads: sums.get(-1)?.leads ?? 0, kind: "not_called" });
  classes.push({ name: word("called_before"), order: 99, leads: sums.get(-2)?.leads ?? 0, kind: "not_called" });
  const total = classes.reduce((sum, item) => sum + item.leads, 0);
  for (const item of classes) item.label = `${item.name}\n${number(item.leads)} ${unitText("leads")}, ${withUnit(total ? (100 * item.leads) / total : null, "percent")}`;
  const holder = chartHolder(220);
  const columns = [
    { title: word("time_to_first_call"), isHead: true, text: (row) => row.name },
    { title: word("leads"), isNumber: true, text: (row) => number(row.leads) },
    { title: "%", isNumber: true, text: (row) => withUnit(total ? (100 * row.leads) / total : null, "percent") },
  ];
  const scope = chosenScope(state, "campaign");
  body.append(follows("period", "campaign"), element("div", { class: "columns" },
    figure([word("time_to_first_call"), element("span", { class: "soft" }, ` · ${scopeName(scope)}`)],
      element("p", { class: "score" }, responseText(scope, state.period)), holder, behind("table-response", word("time_to_first_call"), columns, classes)),
    figure(word("benchmarks"), benchmarkTable(passes))));
  chart(holder, "response", { classes }, word("time_to_first_call"));
}

function responseText(scope, period) {
  return ["lead_response_time", "lead_response_time_median"].filter(isKnown).map((id) => {
    const found = measure(id, scope, period);
    const text = found.whole ? word("whole_periods_only") : withUnit(found.value, data.kpis[id].unit);
    return labelled(called(data.kpis[id]), text);
  }).join(" · ");
}

function benchmarkTable(passes) {
  const sums = summed("response_groups", ["leads_called", "response_seconds"], passes,
    (read, row) => JSON.stringify([wordAt(read, "basis", row), wordAt(read, "member", row), read.benchmark[row]]));
  const rows = [...sums].map(([key, sum]) => {
    const [basis, member, benchmark] = JSON.parse(key);
    const mean = valueOf(kpiOf("lead_response_time"), sum.response_seconds, sum.leads_called);
    return { basis, member, benchmark, mean, leads: sum.leads_called, times: mean / benchmark };
  }).sort((one, other) => one.basis.localeCompare(other.basis) || one.benchmark - other.benchmark);
  if (!rows.length) return element("p", { class: "empty" }, word("no_benchmark"));
  const widest = Math.max(...rows.map((row) => row.times));
  const columns = [
    { title: `${word("industry")} / ${word("company_size").toLowerCase()}`, isHead: true, text: (row) => labelled(word(row.basis), row.member), value: (row) => row.basis + row.member },
    { title: word("leads"), isNumber: true, text: (row) => number(row.leads), value: (row) => row.leads },
    { title: word("mean"), isNumber: true, text: (row) => withUnit(row.mean, "minutes"), value: (row) => row.mean },
    { title: word("benchmark"), isNumber: true, text: (row) => withUnit(row.benchmark, "minutes"), value: (row) => row.benchmark },
    { title: word("times"), isNumber: true, mark: (row) => verdictMark(row.mean <= row.benchmark ? "met" : "missed"), text: (row) => bar(row.times, widest, `× ${number(row.times, 1)}`), value: (row) => row.times },
  ];
  return tableElement("benchmarks", word("benchmarks"), columns, rows, { sortable: true });
}

// ---- campaigns

function drawCampaigns(body, state) {
  const members = data.names.campaign.filter(([id]) => !state.campaign || id === state.campaign);
  const rows = members.map(([id, name]) => {
    const scope = { type: "campaign", id };
    const row = { id, name, cost: measure("roi", scope, state.period).denominator, revenue: measure("revenue", scope, state.period).value };
    for (const kpi of CAMPAIGN_KPIS.filter(isKnown)) row[kpi] = measure(kpi, scope, state.period).value;
    return row;
  }).filter((row) => row.cost || row.revenue).sort((one, other) => (other.cost ?? 0) - (one.cost ?? 0));
  body.append(follows("period", "campaign"));
  if (!rows.length) return body.append(element("p", { class: "empty" }, word("no_campaigns")));
  const named = distinctNames(rows);
  const bars = rows.flatMap((row, order) => ["cost", "revenue"].map((side) => ({
    campaign: named.get(row), order, side, value: row[side] ?? 0, label: `${row.name}\n${labelled(word(side), withUnit(row[side], "currency"))}`,
  })));
  const holder = chartHolder(40 + 30 * rows.length);
  const columns = [
    { title: word("campaign"), isHead: true, text: (row) => row.name, value: (row) => row.name },
    { title: word("cost"), isNumber: true, text: (row) => withUnit(row.cost, "currency"), value: (row) => row.cost },
    { title: word("revenue"), isNumber: true, text: (row) => withUnit(row.revenue, "currency"), value: (row) => row.revenue },
    ...kpiColumns(CAMPAIGN_KPIS, rows),
  ];
  const key = element("span", { class: "key" }, element("span", { class: "swatch second", "aria-hidden": "true" }), word("cost"),
    element("span", { class: "swatch series", "aria-hidden": "true" }), word("revenue"));
  body.append(element("div", { class: "stack" },
    figure([`${word("cost")} / ${word("revenue").toLowerCase()} `, key], holder),
    figure(word("part_campaigns"), tableElement("campaigns", word("part_campaigns"), columns, rows, { sortable: true }))));
  return chart(holder, "campaigns", { bars }, word("part_campaigns"), currencySign());
}

// Two campaigns may bear one name: then the key goes behind it.
function distinctNames(rows) {
  const times = new Map();
  for (const row of rows) times.set(row.name, (times.get(row.name) ?? 0) + 1);
  return new Map(rows.map((row) => [row, times.get(row.name) > 1 ? `${row.name} (${row.id})` : row.name]));
}

// A KPI that no row has is left out.
function kpiColumns(ids, rows) {
  return ids.filter((id) => rows.some((row) => (row[id] ?? null) !== null)).map((id) => ({
    title: called(data.kpis[id]), isNumber: true, value: (row) => row[id],
    mark: (row) => verdictMark(row.verdicts?.[id]), text: (row) => withUnit(row[id], data.kpis[id].unit),
  }));
}

// ---- teams and agents

const AGENT_COLUMNS = [
  "handled_calls", "handled_inbound_calls", "handle_seconds", "wrap_seconds", "handled_inbound_calls_with_known_wrap", "resolved_calls",
  "handled_inbound_calls_with_known_resolution", "escalated_calls", "transferred_calls", "outbound_calls", "logged_in_seconds",
];

function drawPeople(body, state) {
  const teams = data.names.team.filter(([id]) => !state.team || id === state.team).map(([id, name]) => {
    const row = { name, verdicts: {} };
    for (const kpi of TEAM_KPIS.filter(isKnown)) {
      const scope = { type: "team", id };
      const found = measure(kpi, scope, state.period);
      const isSmall = ANSWERED.includes(kpi) && found.volume < SMALL_SAMPLE;
      row[kpi] = found.value;
      row.verdicts[kpi] = found.value !== null && isSmall ? "few" : judge(kpi, scope, found).verdict;
    }
    return row;
  }).filter((row) => TEAM_KPIS.some((id) => row[id] !== null && row[id] !== undefined));
  const sums = summed("agents", AGENT_COLUMNS,
    (read, row) => inPeriod(read, row, state.period) && (!state.team || wordAt(read, "team_id", row) === state.team),
    (read, row) => JSON.stringify([wordAt(read, "agent_id", row), wordAt(read, "team_id", row)]));
  const agents = [...sums].map(([key, sum]) => {
    const [agent, team] = JSON.parse(key);
    const row = { agent, team: team ?? NOTHING };
    for (const id of AGENT_KPIS.filter(isKnown)) {
      const kpi = kpiOf(id);
      row[id] = valueOf(kpi, sum[kpi.numerator], kpi.denominator ? sum[kpi.denominator] : null);
    }
    return row;
  }).filter((row) => AGENT_KPIS.some((id) => row[id]));
  const teamColumns = [{ title: word("team"), isHead: true, text: (row) => row.name, value: (row) => row.name }, ...kpiColumns(TEAM_KPIS, teams)];
  const agentColumns = [
    { title: word("agent"), isHead: true, text: (row) => row.agent, value: (row) => row.agent },
    { title: word("team"), text: (row) => row.team, value: (row) => row.team },
    ...kpiColumns(AGENT_KPIS, agents),
  ];
  body.append(follows("period", "team"), element("div", { class: "stack" },
    figure(word("teams"), tableElement("teams", word("teams"), teamColumns, teams, { sortable: true }), element("p", { class: "summary" }, word("teams_note"))),
    figure(word("agents"), tableElement("agents", word("agents"), agentColumns, agents, { sortable: true, limit: 15 }), element("p", { class: "summary" }, word("agents_note")))));
}

// ---- every KPI

function drawAll(body, state) {
  const before = periodBefore(state.period);
  const rows = Object.keys(data.kpis).filter((id) => data.kpis[id].is_available !== false).map((id) => {
    const kpi = kpiOf(id);
    const scope = scopeOf(id, state);
    const found = measure(id, scope, state.period);
    const earlier = before ? measure(id, scope, before).value : null;
    return { kpi, scope, ...found, ...judge(id, scope, found), earlier, change: found.value === null || earlier === null ? null : found.value - earlier };
  });
  const order = Object.keys(data.domains);
  rows.sort((one, other) => order.indexOf(one.kpi.domain) - order.indexOf(other.kpi.domain) || called(one.kpi).localeCompare(called(other.kpi), LOCALES[language]));
  const domainOf = (row) => data.domains[row.kpi.domain]?.[language] ?? row.kpi.domain;
  const columns = [
    { title: word("kpi"), isHead: true, text: (row) => called(row.kpi), value: (row) => called(row.kpi) },
    { title: word("domain"), text: domainOf, value: domainOf },
    { title: word("value"), isNumber: true, mark: (row) => verdictMark(row.verdict), text: (row) => element("data", { "data-all": row.kpi.id, value: row.value === null ? "" : String(row.value) }, withUnit(row.value, row.kpi.unit)) },
    { title: word("reference"), isNumber: true, text: (row) => (row.reference === null ? "" : `${withUnit(row.reference, row.kpi.unit)} (${word(row.basis).toLowerCase()})`) },
    { title: word("gap"), isNumber: true, text: (row) => (row.gap === null ? "" : difference(row.gap, row.kpi.unit)) },
    { title: word("before"), isNumber: true, text: (row) => withUnit(row.earlier, row.kpi.unit) },
    { title: word("change"), isNumber: true, text: (row) => (row.change === null ? "" : difference(row.change, row.kpi.unit)) },
    { title: word("scope"), text: (row) => scopeName(row.scope), value: (row) => scopeName(row.scope) },
  ];
  const holder = element("div");
  const draw = (sought) => {
    const kept = rows.filter((row) => `${called(row.kpi)} ${row.kpi.id} ${domainOf(row)}`.toLocaleLowerCase(LOCALES[language]).includes(sought));
    holder.replaceChildren(tableElement("all", word("part_all"), columns, kept, { sortable: true, limit: sought ? Infinity : 20 }));
  };
  const search = element("input", { type: "search", value: state.sought, oninput: (event) => { state.sought = event.target.value; draw(soughtText(state)); } });
  body.append(element("div", { class: "controls" }, element("label", {}, element("span", {}, word("search")), search)), follows("period", "queue", "campaign", "team"), holder);
  draw(soughtText(state));
}

const soughtText = (state) => state.sought.trim().toLocaleLowerCase(LOCALES[language]);

// What /stats says: the summary, the lanes, the engines and the cache.

const STATUS_TONES = { running: "good", starting: "warn", degraded: "warn", draining: "warn" };
const ENGINE_TONES = { ready: "good", loading: "busy", restarting: "warn", missing: "bad" };
const STEPS = [["queue", "queue_ms"], ["compute", "compute_ms"], ["publish", "publish_ms"]];

/** A figure with its name under it. */
class Figure {
  constructor(name) {
    this.value = make("b");
    this.unit = make("small");
    this.note = make("i");
    this.element = make("div", { class: "figure" }, make("span", {}, name), make("p", {}, this.value, this.unit), this.note);
  }

  show(value, { unit = "", note = "", bad = false } = {}) {
    setText(this.value, value);
    setText(this.unit, unit);
    setText(this.note, note);
    this.element.classList.toggle("bad", bad);
  }
}

/** How much of something is taken. */
class Meter {
  constructor(name) {
    this.text = make("b");
    this.bar = make("span", { class: "bar" });
    this.element = make("div", { class: "meter" }, make("span", {}, name), this.text, make("span", { class: "track" }, this.bar));
  }

  show(text, share) {
    setText(this.text, text);
    this.bar.style.inlineSize = `${Math.min(100, share * 100)}%`;
    this.bar.classList.toggle("full", share >= 0.9);
  }
}

class Summary {
  constructor(parent) {
    this.rate = new Rate();
    this.done = new History();
    this.failures = new Rate({ least: Infinity, mostS: SPAN_S });
    this.chart = new Chart("Tasks ended per second, last two minutes", [{ name: "compute", history: this.done, filled: true }]);
    this.figures = Object.fromEntries(
      ["Throughput", "In flight", "Waiting", "Failed", "Refused", "Held in memory", "Journal"].map((name) => [name, new Figure(name)]),
    );
    const [first, ...others] = Object.values(this.figures);
    parent.append(make("div", { class: "lead" }, first.element, this.chart.element), ...others.map((figure) => figure.element));
  }

  show(stats, atMs) {
    const lanes = Object.values(stats.lanes);
    const sum = (name) => lanes.reduce((total, lane) => total + lane[name], 0);
    const perSecond = this.rate.add(sum("completed") + sum("failed"), atMs);
    this.done.add(perSecond, atMs);
    this.draw();
    const [value, unit] = rate(perSecond);
    const lately = this.failures.add(sum("failed"), atMs);
    const memory = stats.in_flight;
    const { state, pending, dead, mode } = stats.journal;
    this.figures.Throughput.show(value, { unit });
    this.figures["In flight"].show(count(sum("active")), { note: "at work" });
    this.figures.Waiting.show(count(sum("queued")), { note: "in the lanes" });
    this.figures.Failed.show(count(sum("failed")), { note: lately ? `${rate(lately).join("")} lately` : "none lately", bad: lately > 0 });
    this.figures.Refused.show(count(Object.values(stats.rejected_by_code).reduce((total, number) => total + number, 0)), { note: "since the start" });
    this.figures["Held in memory"].show(bytes(memory.bytes), { note: `of ${bytes(memory.limit_bytes)}`, bad: memory.bytes > memory.limit_bytes });
    this.figures.Journal.show(mode === "off" ? "off" : state, {
      note: dead ? `${count(dead)} set aside` : `${count(pending)} to write`, bad: state !== "ok" || dead > 0,
    });
  }

  silent(atMs) {
    this.done.add(null, atMs);
    this.draw();
  }

  draw() {
    this.chart.draw((top) => rate(top).join(" "));
  }
}

function laneState(lane, perSecond) {
  if (lane.queued >= lane.queue_limit && lane.queued > 0) return ["full", "bad"];
  if (lane.queued > 0) return ["queueing", "warn"];
  return lane.active > 0 || perSecond > 0 ? ["working", "busy"] : ["idle", "idle"];
}

class Lane {
  constructor(name) {
    this.name = name;
    this.rate = new Rate();
    this.done = new History();
    this.times = Object.fromEntries(["queue p50", "queue p95", "compute p50", "compute p95"].map((each) => [each, new History()]));
    this.throughput = new Chart(`${name}: tasks ended per second`, [{ name: "compute", history: this.done, filled: true }]);
    this.latency = new Chart(
      `${name}: time in the queue and at work, median and 95th percentile`,
      Object.entries(this.times).map(([each, history]) => ({ name: each, history, filled: each === "compute p50" })),
    );
    this.state = pill("idle", "idle");
    this.value = make("b");
    this.unit = make("small");
    this.active = new Meter("at work");
    this.queued = new Meter("waiting");
    this.cells = STEPS.map(() => [make("td"), make("td"), make("td")]);
    this.totals = make("p", { class: "note" });
    this.element = make("article", { class: "card lane" }, ...this.parts());
  }

  parts() {
    const rows = STEPS.map(([step], index) => make("tr", {}, make("th", { scope: "row", class: step }, step), ...this.cells[index]));
    const head = ["time", "p50", "p95", "p99"].map((text) => make("th", { scope: "col", class: text }, text));
    return [
      make("header", {}, make("h3", {}, this.name), this.state),
      make("div", { class: "lead" }, make("p", { class: "big" }, this.value, this.unit), this.throughput.element),
      make("div", { class: "meters" }, this.active.element, this.queued.element),
      this.latency.element,
      make("table", { class: "times" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)),
      this.totals,
    ];
  }

  show(lane, atMs) {
    const perSecond = this.rate.add(lane.completed + lane.failed, atMs);
    const [value, unit] = rate(perSecond);
    this.done.add(perSecond, atMs);
    setPill(this.state, ...laneState(lane, perSecond));
    setText(this.value, value);
    setText(this.unit, unit);
    this.active.show(`${count(lane.active)} of ${count(lane.concurrency)}`, lane.active / lane.concurrency);
    this.queued.show(`${count(lane.queued)} of ${count(lane.queue_limit)}`, lane.queue_limit ? lane.queued / lane.queue_limit : 0);
    for (const [name, history] of Object.entries(this.times)) {
      const [step, percentile] = name.split(" ");
      history.add(lane[`${step}_ms`][percentile], atMs);
    }
    STEPS.forEach(([, key], row) => {
      ["p50", "p95", "p99"].forEach((name, column) => setText(this.cells[row][column], duration(lane[key]?.[name])));
    });
    setText(this.totals, `${count(lane.completed)} done · ${count(lane.failed)} failed · ${count(lane.rejected)} refused`);
    this.draw();
  }

  silent(atMs) {
    for (const history of [this.done, ...Object.values(this.times)]) history.add(null, atMs);
    this.draw();
  }

  draw() {
    this.throughput.draw((top) => rate(top).join(" "));
    this.latency.draw(duration);
  }
}

class Engine {
  constructor(kind) {
    this.kind = kind;
    this.units = new Rate();
    this.compute = new Rate({ least: 0 });
    this.load = new History();
    this.chart = new Chart(`${kind}: share of its processes at work`, [{ name: "compute", history: this.load, filled: true }], 1);
    this.state = pill("", "idle");
    this.model = make("p", { class: "model" });
    this.rows = Object.fromEntries(["load", "units", "waiting", "memory", "restarts"].map((name) => [name, make("dd")]));
    this.element = make(
      "article", { class: "card engine" },
      make("header", {}, make("h3", {}, kind), this.state),
      this.model,
      this.chart.element,
      make("dl", {}, ...Object.entries(this.rows).map(([name, value]) => make("div", {}, make("dt", {}, name), value))),
    );
  }

  show(pool, atMs) {
    const load = this.compute.add(pool.compute_s, atMs);
    const share = Math.min(1, (load ?? 0) / pool.processes);
    this.load.add(load === null ? null : share, atMs);
    setPill(this.state, pool.state, ENGINE_TONES[pool.state] ?? "warn");
    setText(this.model, pool.model);
    setText(this.rows.load, `${Math.round(share * 100)} % of ${pool.processes === 1 ? "1 process" : `${pool.processes} processes`}`);
    setText(this.rows.units, rate(this.units.add(pool.units, atMs)).join(" "));
    setText(this.rows.waiting, count(pool.queued));
    setText(this.rows.memory, `${count(pool.rss_mb)} MB`);
    setText(this.rows.restarts, count(pool.restarts));
    this.draw();
  }

  silent(atMs) {
    this.load.add(null, atMs);
    this.draw();
  }

  draw() {
    this.chart.draw((top) => `${Math.round(top * 100)} %`);
  }
}

function showCache(cache) {
  byId("cache-section").hidden = !cache;
  const kinds = Object.entries(cache ?? {}).filter(([, kind]) => kind !== null && typeof kind === "object" && "hits" in kind);
  keepChildren(byId("cache"), kinds, ([name]) => name, ([name]) => {
    const meter = new Meter("answered from it");
    const note = make("p", { class: "note" });
    const element = make("article", { class: "card" }, make("header", {}, make("h3", {}, name)), meter.element, note);
    element.show = (kind) => {
      const lookups = kind.hits + kind.misses;
      const share = lookups ? kind.hits / lookups : 0;
      meter.show(`${(share * 100).toFixed(0)} %`, share);
      setText(note, [`${count(kind.hits)} of ${count(lookups)}`, "bytes" in kind ? bytes(kind.bytes) : null].filter(Boolean).join(" · "));
    };
    return element;
  }, (element, [, kind]) => element.show(kind));
}

/** Everything above the tasks. */
class Overview {
  constructor() {
    this.summary = new Summary(byId("summary"));
    this.lanes = new Map();
    this.engines = new Map();
  }

  show(stats) {
    const atMs = performance.now();
    this.summary.show(stats, atMs);
    this.showEach(this.lanes, Lane, byId("lanes"), stats.lanes, atMs);
    this.showEach(this.engines, Engine, byId("engines"), stats.engines, atMs);
    showCache(stats.cache);
    const refused = Object.entries(stats.rejected_by_code).map(([code, number]) => `${code} ${count(number)}`);
    setText(byId("refused"), refused.length ? `Refused since the start: ${refused.join(" · ")}` : "");
  }

  showEach(known, Kind, parent, documents, atMs) {
    keepChildren(parent, Object.entries(documents), ([name]) => name, ([name]) => {
      known.set(name, new Kind(name));
      return known.get(name).element;
    }, (_, [name, document]) => known.get(name).show(document, atMs));
  }

  /** A moment without an answer: a gap in the charts. */
  silent() {
    const atMs = performance.now();
    for (const each of [this.summary, ...this.lanes.values(), ...this.engines.values()]) each.silent(atMs);
  }
}

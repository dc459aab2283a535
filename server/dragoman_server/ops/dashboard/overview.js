// What /stats says: the summary, and the parts that have files of their own.

const STATUS_TONES = { running: "good", starting: "warn", degraded: "warn", draining: "warn" };

/** A figure with its name under it. */
class Figure {
  constructor(name) {
    this.value = make("b");
    this.unit = make("small");
    this.note = make("i");
    this.element = make(
      "div",
      { class: "figure" },
      make("span", {}, name),
      make("p", {}, this.value, this.unit),
      this.note,
    );
  }

  show(value, { unit = "", note = "", bad = false } = {}) {
    setText(this.value, value);
    setText(this.unit, unit);
    setText(this.note, note);
    this.element.classList.toggle("bad", bad);
  }
}

class Summary {
  constructor(parent) {
    this.rate = new Rate();
    this.done = new History();
    this.failures = new Rate({ least: Infinity, mostS: SPAN_S });
    this.chart = new Chart("Tasks ended per second, last two minutes", [
      { name: "compute", history: this.done, filled: true },
    ]);
    this.figures = Object.fromEntries(
      ["Throughput", "In flight", "Waiting", "Failed", "Refused", "Held in memory", "Journal"].map((name) => [
        name,
        new Figure(name),
      ]),
    );
    const [first, ...others] = Object.values(this.figures);
    parent.append(
      make("div", { class: "lead" }, first.element, this.chart.element),
      ...others.map((figure) => figure.element),
    );
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
    this.figures.Failed.show(count(sum("failed")), {
      note: lately ? `${rate(lately).join("")} lately` : "none lately",
      bad: lately > 0,
    });
    this.figures.Refused.show(
      count(Object.values(stats.rejected_by_code).reduce((total, number) => total + number, 0)),
      { note: "since the start" },
    );
    this.figures["Held in memory"].show(bytes(memory.bytes), {
      note: `of ${bytes(memory.limit_bytes)}`,
      bad: memory.bytes > memory.limit_bytes,
    });
    this.figures.Journal.show(mode === "off" ? "off" : state, {
      note: dead ? `${count(dead)} ${dead === 1 ? "dead letter" : "dead letters"}` : `${count(pending)} to write`,
      bad: state !== "ok" || dead > 0,
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

/** Everything above the tasks. */
class Overview {
  constructor() {
    this.summary = new Summary(byId("summary"));
    this.lanes = new Map();
    this.engines = new Map();
    this.cached = new Map();
    this.stores = new Map();
  }

  show(stats) {
    const atMs = performance.now();
    this.summary.show(stats, atMs);
    this.showEach(this.lanes, Lane, byId("lanes"), stats.lanes, atMs);
    this.showEach(this.engines, Engine, byId("engines"), stats.engines, atMs);
    this.showEach(this.cached, CacheKind, byId("cache-kinds"), stats.cache.kinds, atMs);
    this.showEach(this.stores, CacheLevel, byId("cache-levels"), stats.cache.levels, atMs);
    byId("cache-section").hidden = Object.keys(stats.cache.levels).length === 0;
    const refused = Object.entries(stats.rejected_by_code).map(([code, number]) => `${code} ${count(number)}`);
    setText(byId("refused"), refused.length ? `Refused since the start: ${refused.join(" · ")}` : "");
  }

  showEach(known, Kind, parent, documents, atMs) {
    keepChildren(
      parent,
      Object.entries(documents),
      ([name]) => name,
      ([name]) => {
        known.set(name, new Kind(name));
        return known.get(name).element;
      },
      (_, [name, document]) => known.get(name).show(document, atMs),
    );
  }

  /** A moment without an answer: a gap in the charts. */
  silent() {
    const atMs = performance.now();
    for (const each of [this.summary, ...this.lanes.values(), ...this.engines.values()]) each.silent(atMs);
  }
}

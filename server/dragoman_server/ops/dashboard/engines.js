// An engine: whether it is there, and how busy it is.

const ENGINE_TONES = { ready: "good", idle: "idle", loading: "busy", restarting: "warn", missing: "bad" };

class Engine {
  constructor(kind) {
    this.kind = kind;
    this.units = new Rate();
    this.compute = new Rate({ least: 0 });
    this.load = new History();
    this.chart = new Chart(
      `${kind}: share of its processes at work`,
      [{ name: "compute", history: this.load, filled: true }],
      1,
    );
    this.state = pill("", "idle");
    this.model = make("p", { class: "model" });
    this.rows = Object.fromEntries(
      ["load", "units", "waiting", "memory", "restarts"].map((name) => [name, make("dd")]),
    );
    this.element = make(
      "article",
      { class: "card engine" },
      make("header", {}, make("h3", {}, kind), this.state),
      this.model,
      this.chart.element,
      make(
        "dl",
        {},
        ...Object.entries(this.rows).map(([name, value]) => make("div", {}, make("dt", {}, name), value)),
      ),
    );
  }

  show(pool, atMs) {
    const load = this.compute.add(pool.compute_s, atMs);
    const share = Math.min(1, (load ?? 0) / pool.processes);
    this.load.add(load === null ? null : share, atMs);
    setPill(this.state, pool.state, ENGINE_TONES[pool.state] ?? "warn");
    setText(this.model, pool.model);
    setText(
      this.rows.load,
      `${Math.round(share * 100)} % of ${pool.processes === 1 ? "1 process" : `${pool.processes} processes`}`,
    );
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

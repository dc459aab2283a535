// A lane: how much it does, and how long its tasks wait and work.

const STEPS = [
  ["queue", "queue_ms"],
  ["compute", "compute_ms"],
  ["publish", "publish_ms"],
];

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
    this.times = Object.fromEntries(
      ["queue p50", "queue p95", "compute p50", "compute p95"].map((each) => [each, new History()]),
    );
    this.throughput = new Chart(`${name}: tasks ended per second`, [
      { name: "compute", history: this.done, filled: true },
    ]);
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
    const rows = STEPS.map(([step], index) =>
      make("tr", {}, make("th", { scope: "row", class: step }, step), ...this.cells[index]),
    );
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
    const ended = lane.completed + lane.failed;
    const perSecond = this.rate.add(ended, atMs);
    const [value, unit] = rate(perSecond);
    this.done.add(perSecond, atMs);
    setPill(this.state, ...laneState(lane, perSecond));
    setText(this.value, value);
    setText(this.unit, unit);
    this.active.show(`${count(lane.active)} of ${count(lane.concurrency)}`, lane.active / lane.concurrency);
    this.queued.show(
      `${count(lane.queued)} of ${count(lane.queue_limit)}`,
      lane.queue_limit ? lane.queued / lane.queue_limit : 0,
    );
    for (const [name, history] of Object.entries(this.times)) {
      const [step, percentile] = name.split(" ");
      history.add(lane[`${step}_ms`][percentile], atMs);
    }
    STEPS.forEach(([, key], row) => {
      ["p50", "p95", "p99"].forEach((name, column) =>
        setText(this.cells[row][column], ended ? duration(lane[key][name]) : "–"),
      );
    });
    setText(
      this.totals,
      `${count(lane.completed)} done · ${count(lane.failed)} failed · ${count(lane.rejected)} refused`,
    );
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

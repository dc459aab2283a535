// Small charts in SVG: they take their colours from the style sheet, and need no redrawing when it changes.

const SPAN_S = 120;
const LEAST_RATE_MS = 5000;

/** The figures of one kind of the last two minutes; null where the server was silent. */
class History {
  constructor() {
    this.samples = [];
  }

  add(value, atMs) {
    this.samples.push({ value, atMs });
    // One that is older stays: the line comes from the chart's edge.
    while (this.samples.length > 1 && this.samples[1].atMs < atMs - SPAN_S * 1000) this.samples.shift();
  }

  get highest() {
    return this.samples.reduce((highest, { value }) => Math.max(highest, value ?? 0), 0);
  }
}

/**
 * How fast a counter grows, per second: over the last 5 s, or as far back as it takes to see it grow by `least`, at
 * most `mostS`. A restart of the server begins anew.
 */
class Rate {
  constructor({ least = 10, mostS = 60 } = {}) {
    this.least = least;
    this.mostMs = mostS * 1000;
    this.seen = [];
  }

  add(value, atMs) {
    if (this.seen.length && value < this.seen.at(-1).value) this.seen = [];
    this.seen.push({ value, atMs });
    while (this.seen.length > 2 && this.seen[1].atMs <= atMs - this.mostMs) this.seen.shift();
    const enough = (first) => atMs - first.atMs >= LEAST_RATE_MS && value - first.value >= this.least;
    const first = this.seen.findLast(enough) ?? this.seen[0];
    return atMs > first.atMs ? ((value - first.value) * 1000) / (atMs - first.atMs) : null;
  }
}

/** The next of 1, 2, 5, 10, 20, 50 ...: an axis that does not jitter. */
function ceiling(value) {
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(value, 1e-3)));
  return [1, 2, 5, 10].map((step) => step * magnitude).find((step) => step >= value) ?? 10 * magnitude;
}

function svg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** The points of a history as runs without gaps, in a box of SPAN_S by 100 that ends at the latest sample. */
function runs({ samples }, top) {
  const endMs = samples.at(-1)?.atMs;
  const found = [];
  let run = [];
  for (const { value, atMs } of samples) {
    if (value === null) {
      if (run.length) found.push(run);
      run = [];
    } else run.push([SPAN_S - (endMs - atMs) / 1000, 100 - (Math.min(value, top) / top) * 100]);
  }
  return run.length ? [...found, run] : found;
}

const line = (points) => `M${points.map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`).join("L")}`;
const area = (points) => `${line(points)}L${points.at(-1)[0].toFixed(2)} 100L${points[0][0].toFixed(2)} 100Z`;

/**
 * A chart of histories: each has a `name`, which is its class in the style sheet, and is filled where it says so.
 * With `most` its scale is fixed.
 */
class Chart {
  constructor(label, series, most = null) {
    this.series = series;
    this.most = most;
    this.drawing = svg("svg", {
      viewBox: `0 0 ${SPAN_S} 100`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": label,
    });
    for (const each of series) {
      each.fill = svg("path", { class: `area ${each.name}` });
      each.stroke = svg("path", { class: `line ${each.name}` });
      if (each.filled) this.drawing.append(each.fill);
      this.drawing.append(each.stroke);
    }
    this.top = make("span", { class: "top" });
    this.element = make("div", { class: "chart" }, this.drawing, this.top);
  }

  draw(tell) {
    const highest = Math.max(...this.series.map((each) => each.history.highest));
    const top = this.most ?? ceiling(highest);
    setText(this.top, highest > 0 || this.most !== null ? tell(top) : "");
    for (const each of this.series) {
      const found = runs(each.history, top);
      each.stroke.setAttribute("d", found.map(line).join(""));
      if (each.filled) each.fill.setAttribute("d", found.map(area).join(""));
    }
  }
}

/** How much of something is taken. */
class Meter {
  constructor(name) {
    this.text = make("b");
    this.bar = make("span", { class: "bar" });
    this.element = make(
      "div",
      { class: "meter" },
      make("span", {}, name),
      this.text,
      make("span", { class: "track" }, this.bar),
    );
  }

  /** Fullness is a warning, unless it is `good`. */
  show(text, share, { good = false } = {}) {
    setText(this.text, text);
    this.bar.style.inlineSize = `${Math.min(100, share * 100)}%`;
    this.bar.classList.toggle("full", !good && share >= 0.9);
  }
}

// The cache: how much it spares the engines, and what it holds.

class CacheCard {
  constructor(name, measured, state = null) {
    this.meter = new Meter(measured);
    this.note = make("p", { class: "note" });
    this.state = state;
    const header = make("header", {}, make("h3", {}, name), state);
    this.element = make("article", { class: "card" }, header, this.meter.element, this.note);
  }
}

/** Answers of one kind. */
class CacheKind extends CacheCard {
  constructor(name) {
    super(name, "answered from the cache");
  }

  show(kind) {
    this.meter.show(`${kind.cache_hit_rate.toFixed(0)} %`, kind.cache_hit_rate / 100, { good: true });
    const lookups = kind.cache_hits + kind.cache_misses;
    setText(this.note, `${count(kind.cache_hits)} of ${count(lookups)} · ${duration(kind.saved_s * 1000)} spared`);
  }
}

/** Where answers are kept: memory, disk ... */
class CacheLevel extends CacheCard {
  constructor(name) {
    super(name, "holds", pill("ok", "good"));
  }

  show(level) {
    this.meter.show(`${bytes(level.bytes)} of ${bytes(level.limit_bytes)}`, level.bytes / level.limit_bytes);
    setPill(this.state, level.state, level.state === "ok" ? "good" : "bad");
    setText(this.note, `${count(level.entries)} answers · ${count(level.evictions)} given up`);
  }
}

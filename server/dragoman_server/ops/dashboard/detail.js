// One task's life, and its end on request.

const PART_TONES = { open: "busy", done: "good", failed: "bad" };

function facts(task) {
  const pairs = [
    ["Lane", task.lane],
    ["Type", task.type],
    ["Priority", task.priority],
    ["Peer", task.peer],
    ["Reply to", task.reply_to],
    ["Message", task.message_id],
    ["Arrived", new Date(task.arrived_s * 1000).toLocaleTimeString()],
    ["Total", duration(task.age_ms)],
  ];
  return make(
    "dl",
    { class: "facts" },
    ...pairs
      .filter(([, value]) => value)
      .map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
  );
}

/** Where the time went, to scale. */
function split(task) {
  const steps = STEPS.map(([name, key]) => [name, task[key] ?? 0]);
  const bar = make("div", { class: "split", "aria-hidden": "true" });
  for (const [name, ms] of steps.filter(([, ms]) => ms > 0)) {
    const piece = make("span", { class: name });
    piece.style.flexGrow = ms;
    bar.append(piece);
  }
  return make(
    "div",
    {},
    bar,
    make(
      "p",
      { class: "legend" },
      ...steps.map(([name, ms]) => make("span", { class: name }, `${name} ${duration(ms)}`)),
    ),
  );
}

/** A detail of a step: `worker translation-0`, `compute 12 ms`. */
function told(name, value) {
  if (name.endsWith("_ms")) return `${name.slice(0, -3)} ${duration(value)}`;
  return `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`;
}

function timeline(events) {
  return make(
    "ol",
    { class: "timeline" },
    ...events.map(({ at_ms: atMs, event, ...details }) =>
      make(
        "li",
        {},
        make("time", {}, duration(atMs)),
        make("b", {}, event),
        make(
          "span",
          {},
          Object.entries(details)
            .map((detail) => told(...detail))
            .join(" · "),
        ),
      ),
    ),
  );
}

/** One task in a dialog. It follows the task while that is at work. */
class Detail {
  constructor() {
    this.dialog = byId("detail");
    this.task = null;
    byId("close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => {
      this.task = null;
    });
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    byId("cancel").addEventListener("click", () => this.confirm(true));
    byId("keep").addEventListener("click", () => this.confirm(false));
    byId("cancel-now").addEventListener("click", () => this.cancel());
  }

  open(task) {
    this.task = task;
    setText(byId("outcome"), "");
    this.show(task);
    this.confirm(false);
    this.dialog.showModal();
    byId("close").focus();
    this.refresh();
  }

  confirm(asking) {
    byId("confirm").hidden = !asking;
    byId("cancel").hidden = asking || this.task.state === "finished";
    (asking ? byId("keep") : byId("cancel").hidden ? byId("close") : byId("cancel")).focus();
  }

  async refresh() {
    const { task } = this;
    if (task === null) return;
    const [fresh, problem] = await ask(taskPath(task)).then(
      (found) => [found, null],
      (error) => [null, error],
    );
    if (this.task === null || !sameTask(this.task, task)) return;
    if (problem instanceof Refused && problem.status === 404)
      setText(byId("outcome"), "The server no longer remembers this task.");
    if (fresh === null) return;
    this.task = fresh;
    this.show(fresh);
  }

  show(task) {
    setText(byId("detail-title"), task.task_id);
    const parts = (task.parts ?? [])
      .filter(({ part }) => part)
      .map(({ part, state, error_code: code }) =>
        pill(code ? `${part}: ${code}` : `${part} ${state}`, PART_TONES[state]),
      );
    const { done, running, queued } = task.units ?? {};
    byId("detail-body").replaceChildren(
      ...[
        make("p", { class: "pills" }, taskPill(task), ...parts),
        task.error ? make("p", { class: "error" }, make("b", {}, task.error_code ?? "error"), ` ${task.error}`) : null,
        split(task),
        facts(task),
        task.units
          ? make(
              "p",
              { class: "note" },
              `Units of work: ${count(done)} done, ${count(running)} running, ${count(queued)} waiting`,
            )
          : null,
        make("h3", {}, "Timeline"),
        timeline(task.timeline ?? []),
        task.timeline_dropped
          ? make("p", { class: "note" }, `${count(task.timeline_dropped)} steps more are not kept.`)
          : null,
      ].filter(Boolean),
    );
    if (task.state === "finished") {
      byId("cancel").hidden = true;
      byId("confirm").hidden = true;
    }
  }

  async cancel() {
    const { task } = this;
    const said = {
      cancelled: "Cancelled.",
      finished: "It had finished already.",
      unknown: "The server does not know this task.",
    };
    const outcome = await ask(taskPath(task, "/cancel"), "POST").then(
      ({ status }) => said[status] ?? status,
      (error) => said[error.document?.status] ?? `It could not be cancelled: ${error.message}`,
    );
    byId("confirm").hidden = true;
    byId("close").focus();
    setText(byId("outcome"), outcome);
    await Promise.all([this.refresh(), browser.refresh()]);
  }
}

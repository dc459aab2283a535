// What /tasks says: the latest errors, the slowest, and a list that can be searched.

const SHOWN = 30;
const SEARCHED = 500; // as many as the server tells
const BRIEF = 6;
const TASK_TONES = {
  queued: "idle",
  running: "busy",
  completed: "good",
  partial: "warn",
  failed: "bad",
  expired: "bad",
  cancelled: "idle",
};

const word = (task) => task.status ?? task.state;
const sameTask = (one, other) => one.task_id === other.task_id && (one.reply_to ?? "") === (other.reply_to ?? "");
const taskKey = (task) => JSON.stringify([task.reply_to, task.task_id, task.arrived_s]); // an id can come again
const taskPill = (task) => pill(word(task), TASK_TONES[word(task)] ?? "idle");
const says = (task, text) => JSON.stringify(Object.values(task)).toLowerCase().includes(text);

/** A task's name, to open it. */
function nameOf(task) {
  return make(
    "button",
    { type: "button", class: "name", title: task.task_id, onclick: () => detail.open(task) },
    task.task_id,
  );
}

function showBrief(list, tasks, tell, none) {
  keepChildren(
    list,
    tasks.length ? tasks : [null],
    (task) => (task ? taskKey(task) : ""),
    (task) =>
      task
        ? make("li", {}, make("div", {}, nameOf(task), make("span", { class: "value" })), make("p"))
        : make("li", { class: "none" }, none),
    (item, task) => {
      if (!task) return;
      const [value, text] = tell(task);
      setText(item.querySelector(".value"), value);
      setText(item.querySelector("p"), text);
    },
  );
}

function row(task) {
  const cells = ["", "", "wide", "wide", "number", "number wide", "number wide"].map((name) =>
    make("td", { class: name }),
  );
  cells[0].append(nameOf(task));
  cells[1].append(taskPill(task));
  return make("tr", {}, ...cells);
}

function updateRow(element, task) {
  const cells = element.children;
  setPill(cells[1].firstChild, word(task), TASK_TONES[word(task)] ?? "idle");
  [task.lane, task.peer, duration(task.age_ms), duration(task.queue_ms), duration(task.compute_ms)].forEach(
    (text, index) => setText(cells[index + 2], text ?? "–"),
  );
}

/** The list that can be searched. */
class Browser {
  constructor() {
    this.held = false;
    const form = byId("filter");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => this.refresh());
    byId("hold").addEventListener("click", () => {
      this.held = !this.held;
      byId("hold").setAttribute("aria-pressed", String(this.held));
      if (!this.held) this.refresh();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.target.matches("input, select") || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      byId("search").focus();
    });
  }

  get wanted() {
    const { state } = Object.fromEntries(new FormData(byId("filter")));
    return { text: byId("search").value.trim(), state, sort: byId("sort").value };
  }

  /** Ask and show; an answer to what is no longer wanted is dropped. */
  async refresh() {
    const { text, state, sort } = this.wanted;
    let { tasks } = await ask(tasksPath(state, sort, text ? SEARCHED : SHOWN)).catch(() => ({ tasks: null }));
    if (tasks !== null && text) {
      tasks = tasks.filter((task) => says(task, text.toLowerCase()));
      if (!tasks.length && state === "all") tasks = await this.exactly(text);
    }
    const now = this.wanted;
    if (tasks !== null && now.text === text && now.state === state && now.sort === sort) this.show(tasks, text);
  }

  /** A task of this very id may be remembered though it is not listed. */
  async exactly(text) {
    const task = await ask(taskPath({ task_id: text })).catch(() => null);
    return task?.task_id === text ? [task] : [];
  }

  show(tasks, text) {
    keepChildren(byId("tasks"), tasks.slice(0, SHOWN), taskKey, row, updateRow);
    const more = tasks.length > SHOWN ? `, the first ${SHOWN} are shown` : "";
    const shown = tasks.length === 1 ? "1 task" : `${tasks.length} tasks`;
    setText(
      byId("found"),
      tasks.length ? (text ? `${shown} found${more}` : "") : text ? "Nothing like that is remembered." : "No tasks.",
    );
  }
}

/** Everything that is read from /tasks. */
async function refreshTasks() {
  const [failed, slowest] = await Promise.all([
    ask(tasksPath("failed", "recent", BRIEF)),
    ask(tasksPath("all", "slowest", BRIEF)),
    browser.held ? null : browser.refresh(),
    detail.task !== null && detail.task.state !== "finished" ? detail.refresh() : null,
  ]);
  showBrief(
    byId("errors"),
    failed.tasks,
    (task) => [ago(failed.now_s, task), `${task.error_code ?? "error"}: ${task.error ?? ""}`],
    "No task has failed.",
  );
  showBrief(
    byId("slowest"),
    slowest.tasks,
    (task) => [
      duration(task.age_ms),
      `${word(task)} · ${task.lane} · ${duration(task.queue_ms)} queued, ${duration(task.compute_ms)} at work`,
    ],
    "No tasks yet.",
  );
}

const ago = (nowS, task) => `${duration(Math.max(0, nowS * 1000 - task.arrived_s * 1000 - task.age_ms))} ago`;

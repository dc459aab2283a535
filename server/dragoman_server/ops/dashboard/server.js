// The ops endpoint: the same /stats and /tasks that curl reads.

const TOKEN = "dragoman.ops.token";
const PATIENCE_MS = 5000;

/** There was no answer. */
class Silence extends Error {}

/** The server answered, with an error; `status` is that of HTTP. */
class Refused extends Error {
  constructor(status, document) {
    super(document.error ?? `the server answered ${status}`);
    this.status = status;
    this.document = document;
  }
}

/** A JSON document. Throws `Silence` or `Refused`. */
async function ask(path, method = "GET") {
  const token = sessionStorage.getItem(TOKEN);
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
  const options = { method, headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) };
  try {
    const response = await fetch(path, options);
    if (response.ok) return await response.json();
    throw new Refused(response.status, await response.json().catch(() => ({})));
  } catch (error) {
    throw error instanceof Refused ? error : new Silence(error.message);
  }
}

/** Where a task is; without a `reply_to`, not even an empty one, it is any peer's of this id. */
function taskPath(task, action = "") {
  const query = task.reply_to === undefined ? "" : `?${new URLSearchParams({ reply_to: task.reply_to ?? "" })}`;
  return `/tasks/${encodeURIComponent(task.task_id)}${action}${query}`;
}

const tasksPath = (state, sort, limit) => `/tasks?${new URLSearchParams({ state, sort, limit })}`;

/** Ask for the token; resolves when one was given. */
function signIn(refusedBefore) {
  const dialog = byId("sign-in");
  setText(byId("token-problem"), refusedBefore ? "The server does not accept this token." : "");
  byId("token").value = "";
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) => {
    byId("token-form").addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        sessionStorage.setItem(TOKEN, byId("token").value);
        dialog.close();
        resolve();
      },
      { once: true },
    );
  });
}
byId("sign-in").addEventListener("cancel", (event) => event.preventDefault());

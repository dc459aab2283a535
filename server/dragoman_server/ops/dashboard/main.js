// The loop: ask, show, wait; and say so when there is no answer.

const EVERY_MS = 1000;
const EVERY_HIDDEN_MS = 5000;
const LEAST_PAUSE_MS = 200;
const GOOD_NEWS_MS = 8000;
const overview = new Overview();
const detail = new Detail();
const browser = new Browser();
let goneSince = null;
let noticeEndsMs = Infinity;
let uptimeS = 0;
let answeredMs = 0;

function announce(text, tone = "bad", forMs = Infinity) {
  const notice = byId("notice");
  notice.hidden = !text;
  notice.dataset.tone = tone;
  setText(notice, text);
  noticeEndsMs = performance.now() + forMs;
}

/** One that is younger than the last answer is another server, also where that one was younger still. */
function isAnother(stats) {
  return stats.uptime_s < Math.max(uptimeS, (performance.now() - answeredMs) / 1000);
}

function showAnswer(stats) {
  byId("main").hidden = false;
  document.body.classList.remove("gone");
  if (goneSince !== null) {
    announce(
      isAnother(stats) ? "The server is back; it was started anew." : "The server answers again.",
      "good",
      GOOD_NEWS_MS,
    );
  } else if (noticeEndsMs < performance.now()) announce("");
  goneSince = null;
  uptimeS = stats.uptime_s;
  answeredMs = performance.now();
  setPill(byId("state"), stats.server_status, STATUS_TONES[stats.server_status] ?? "warn");
  setText(byId("about"), `${location.host} · version ${stats.version} · up ${duration(stats.uptime_s * 1000)}`);
  document.title = `Dragoman · ${stats.server_status}`;
  overview.show(stats);
}

function showSilence() {
  goneSince ??= new Date();
  document.body.classList.add("gone");
  document.title = "Dragoman · gone";
  setPill(byId("state"), "gone", "bad");
  announce(
    `No answer from ${location.host} since ${goneSince.toLocaleTimeString()}. What you see is old; trying again.`,
  );
  overview.silent();
}

/** Sleep until the next turn is due, but wake at once when the page is looked at again. */
function pause(begunMs) {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", wake);
      resolve();
    };
    const everyMs = document.hidden ? EVERY_HIDDEN_MS : EVERY_MS;
    const timer = setTimeout(wake, Math.max(LEAST_PAUSE_MS, begunMs + everyMs - performance.now()));
    document.addEventListener("visibilitychange", wake);
  });
}

async function turn() {
  try {
    showAnswer(await ask("/stats"));
    await refreshTasks();
  } catch (error) {
    if (error instanceof Refused && error.status === 401) await signIn(sessionStorage.getItem(TOKEN) !== null);
    else if (error instanceof Silence) showSilence();
    else {
      announce(error instanceof Refused ? error.message : `This page does not understand the server: ${error}`);
      noticeEndsMs = performance.now(); // the next good answer takes it away
    }
  }
}

for (;;) {
  const begunMs = performance.now();
  await turn();
  await pause(begunMs);
}

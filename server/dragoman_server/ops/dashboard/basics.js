// Elements and figures. Text from the server becomes text nodes, never markup.

const byId = (id) => document.getElementById(id);

/** An element with attributes and children; a child that is no node becomes text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A state is a word; the colour only repeats it. */
function setPill(element, word, tone) {
  setText(element, word);
  element.dataset.tone = tone;
}

const pill = (word, tone) => make("span", { class: "pill", "data-tone": tone }, word);

/** Make the children of `parent` those of `items`, in order. What has the same key stays the same element. */
function keepChildren(parent, items, key, create, update) {
  const focused = document.activeElement;
  const known = new Map(Array.from(parent.children, (child) => [child.dataset.key, child]));
  items.forEach((item, index) => {
    const name = key(item);
    let child = known.get(name);
    if (!child) {
      child = create(item);
      child.dataset.key = name;
    }
    known.delete(name);
    update(child, item);
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
  for (const child of known.values()) child.remove();
  if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}

const grouped = new Intl.NumberFormat("en");
const count = (number) => grouped.format(Math.round(number ?? 0));

/** Milliseconds in the unit that a person would use. */
function duration(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  const s = ms / 1000;
  if (s < 10) return `${s.toFixed(2)} s`;
  if (s < 60) return `${s.toFixed(1)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

/** A rate as [number, unit]; what happens less than once a second is told by the minute. */
function rate(perSecond) {
  if (perSecond === null || perSecond === 0) return ["0", "/s"];
  if (perSecond < 0.95) return [(perSecond * 60).toFixed(0), "/min"];
  return [perSecond < 10 ? perSecond.toFixed(1) : count(perSecond), "/s"];
}

function bytes(number) {
  const units = ["B", "KB", "MB", "GB"];
  let at = 0;
  while (number >= 1000 && at < units.length - 1) {
    number /= 1000;
    at += 1;
  }
  return `${number < 10 && at ? number.toFixed(1) : Math.round(number)} ${units[at]}`;
}

// Times that run, toasts, keys, the palette, and what htmx is told. No eval, no inline code: the CSP forbids both.
const $ = (what, where = document) => where.querySelector(what);
const $$ = (what, where = document) => [...where.querySelectorAll(what)];
const words = $("#words")?.dataset ?? {};
const lang = document.documentElement.lang || "en";

// Times ---------------------------------------------------------------------------------------------------------
const exact = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
const put = (pattern, value) => (pattern || "{}").replace("{}", value);

function span(seconds) {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  if (minutes < 60) return put(words.min, minutes);
  if (minutes < 600 && minutes % 60) {
    return `${put(words.h, Math.floor(minutes / 60))} ${String(minutes % 60).padStart(2, "0")}`;
  }
  return minutes < 2880 ? put(words.h, Math.floor(minutes / 60)) : put(words.d, Math.floor(minutes / 1440));
}

function since(seconds) {
  const size = Math.abs(seconds);
  if (size < 60) return relative.format(0, "second");
  const [unit, of] = size < 3600 ? ["minute", 60] : size < 86400 ? ["hour", 3600] : ["day", 86400];
  return relative.format(Math.trunc(seconds / of), unit);
}

function tick(where = document) {
  const now = Date.now();
  for (const clock of $$("[data-clock]", where)) {
    const left = (Date.parse(clock.dateTime) - now) / 1000;
    const state = left < 0 ? "late" : left < 1800 ? "soon" : "calm";
    clock.classList.remove("late", "soon", "calm");
    clock.classList.add(state);
    const text = left < 0 ? `−${span(left)}` : put(words.in, span(left));
    if ($("[data-clock-text]", clock).textContent !== text) $("[data-clock-text]", clock).textContent = text;
    $("[data-clock-word]", clock).textContent = left < 0 ? words.late : "";
    clock.title ||= exact.format(new Date(clock.dateTime));
  }
  for (const time of $$("[data-ago]", where)) {
    const at = Date.parse(time.dateTime);
    time.title ||= exact.format(at);
    if (Math.abs(now - at) < 7 * 86400e3) time.textContent = since((at - now) / 1000);
  }
  for (const time of $$("[data-age]", where)) {
    time.title ||= exact.format(Date.parse(time.dateTime));
    time.textContent = span((now - Date.parse(time.dateTime)) / 1000);
  }
  for (const time of $$("[data-exact]", where)) time.textContent = exact.format(Date.parse(time.dateTime));
}

// Toasts --------------------------------------------------------------------------------------------------------
function toast(text, level = "info") {
  const box = $("#toasts");
  if (!box || !text) return;
  const one = document.createElement("div");
  one.className = `toast ${level}`;
  const said = document.createElement("div");
  said.textContent = text;
  one.append(said);
  box.append(one);
  fade(one);
}
function fade(one) {
  if (one.dataset.fading || one.matches(".error, .stays")) return;
  one.dataset.fading = "1";
  setTimeout(() => one.remove(), 7000);
}
const tidy = () => $$("#toasts .toast").slice(0, -4).forEach((old) => old.remove()) || $$("#toasts .toast").forEach(fade);

// Doing things: buttons, keys and the palette all come here -------------------------------------------------------
const click = (what) => {
  const found = $(what);
  if (found && !found.disabled) found.click();
  return Boolean(found);
};
function open(what) {
  const menu = $(what);
  if (!menu) return;
  menu.open = !menu.open;
  if (menu.open) $("button:not([disabled]), input:not([type=hidden]), select, textarea", $(".menu-in", menu))?.focus();
}
function compose(mode) {
  click(`#composer .mode[data-mode="${mode}"]`);
  const text = $(`#composer textarea[data-mode="${mode}"]`);
  text?.focus();
  text?.scrollIntoView({ block: "nearest" });
}
const DO = {
  keys: () => $("#keys")?.showModal(),
  palette: () => showPalette(),
  dismiss: (from) => from?.closest(".toast")?.remove(),
  reply: () => compose("reply"),
  direct: () => compose("direct"),
  note: () => compose("note"),
  assign: () => open("#act-assign"),
  snooze: () => open("#act-snooze"),
  resolve: () => click("#act-resolve"),
  triage: () => open("#act-triage"),
  promise: (from) => { const text = $("#promise-text"); text.value = from.dataset.text || text.value; $("#act-promise").open = true; text.focus(); },
  search: () => $("#search")?.focus(),
  back: () => {
    const way = $("#case .back"), row = $(".rows .row[aria-current]") ?? $(".rows .row");
    if (row?.offsetParent) row.focus();
    else if (way) location.assign(way.href);
  },
  copy: async (from) => {
    const source = $(from.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      toast(words.copied, "success");
    } catch {
      source.select ? source.select() : getSelection().selectAllChildren(source);
    }
  },
};
document.addEventListener("click", (event) => {
  const from = event.target.closest("[data-do]");
  if (from && DO[from.dataset.do]) {
    if (from.dataset.do !== "copy" || from.tagName !== "A") event.preventDefault();
    DO[from.dataset.do](from);
  }
  for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// Keys: never while typing, with a modifier or an input method; off when the agent wants it so (WCAG 2.1.4) ----------
let before = "";
const GO = { i: "/", m: "/?view=mine", p: "/plan", h: "/hand", s: "/sources" };
const typing = (at) => at?.closest?.("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  const palette = $("#palette");
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && palette) {
    event.preventDefault();
    palette.open ? palette.close() : showPalette();
    return;
  }
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.closest?.("#composer")) {
    event.preventDefault();
    $("#composer").requestSubmit();
    return;
  }
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && $("#undo") && !typing(event.target)) {
    event.preventDefault();
    click("#undo button");
    return;
  }
  if (event.key === "Escape") {
    const menu = $("details.menu[open]");
    if (menu) { menu.open = false; $("summary", menu).focus(); }
    else if (event.target.closest?.("#composer, .search")) event.target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || document.body.dataset.keys !== "on") return;
  if (typing(event.target) || $("dialog[open]")) return;
  const key = event.key;
  if (isCorrecting) { if (key.length === 1) { typed.push(key); event.preventDefault(); } return; }
  const chord = before;
  before = "";
  if (chord === "g" && GO[key]) { event.preventDefault(); location.assign(GO[key]); return; }
  if (correct(key)) { event.preventDefault(); return; }
  const what = {
    j: () => step(1), k: () => step(-1), r: DO.reply, n: DO.note, a: DO.assign, e: DO.resolve, z: DO.snooze, t: DO.triage,
    u: DO.back, "/": DO.search, "?": DO.keys, g: () => { before = "g"; },
  }[key];
  if (what) { event.preventDefault(); what(); }
});

// In the open menu a key names a kind, a severity or a field; in an open field a number names a choice.
function correct(key) {
  const menu = $("#act-triage[open]");
  if (!menu || !/^[a-z0-9]$/.test(key)) return false;
  const found = $(`.fix[open] [data-number="${key}"]`, menu) ?? $(`[data-key="${key}"]`, menu);
  if (!found) return false;
  found.click();
  const field = found.closest(".fix");
  if (found.matches("summary") && field) ($("[aria-pressed]", field) ?? $("button", field)).focus();
  return true;
}

// While a correction is on its way, what is typed waits: the answer closes the menu, and would do so in the middle of
// the next one's keys.
let isCorrecting = false;
const typed = [];
document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.detail.requestConfig?.path?.endsWith("/correct")) return;
  isCorrecting = true;
  event.detail.xhr.addEventListener("loadend", () => {
    isCorrecting = false;
    for (const key of typed.splice(0)) document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  });
});

let waiting = 0;
function step(by) {
  const rows = $$(".rows .row");
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.hasAttribute("aria-current"));
  const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + by))];
  mark(next);
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  clearTimeout(waiting);
  // The mark moves at once; the case is fetched when the key rests, from the row that then stands for it.
  waiting = setTimeout(() => $(`.rows .row[data-case="${next.dataset.case}"]`)?.click(), 110);
}
function mark(row) {
  $$(".rows .row[aria-current]").forEach((other) => other.removeAttribute("aria-current"));
  row?.setAttribute("aria-current", "true");
}
document.addEventListener("click", (event) => {
  const row = event.target.closest(".rows .row");
  if (row && !event.ctrlKey && !event.metaKey && !event.shiftKey) { clearTimeout(waiting); mark(row); }
}, true);

// The palette -----------------------------------------------------------------------------------------------------
let lookup = 0;
function showPalette() {
  const box = $("#palette"), input = $("input", box);
  input.value = "";
  $$("li.found", box).forEach((old) => old.remove());
  box.showModal();
  filter();
  input.focus();
}
function filter() {
  const box = $("#palette"), asked = $("input", box).value.trim().toLowerCase();
  for (const item of $$("li:not(.found)", box)) {
    const needs = item.dataset.needs;
    item.hidden = (needs && !$(needs)) || (asked && !item.textContent.toLowerCase().includes(asked));
  }
  choose($("li:not([hidden])", box));
}
function choose(item) {
  const input = $("#palette input");
  $$("#palette li[aria-selected]").forEach((old) => old.removeAttribute("aria-selected"));
  if (!item) { input.removeAttribute("aria-activedescendant"); return; }
  item.id ||= `option-${Math.random().toString(36).slice(2)}`;
  item.setAttribute("aria-selected", "true");
  input.setAttribute("aria-activedescendant", item.id);
  item.scrollIntoView({ block: "nearest" });
}
function run(item) {
  if (!item) return;
  $("#palette").close();
  if (item.dataset.href) location.assign(item.dataset.href);
  else DO[item.dataset.do]?.(item);
}
const paletteBox = $("#palette");
if (paletteBox) {
  const input = $("input", paletteBox);
  input.addEventListener("input", () => {
    filter();
    clearTimeout(lookup);
    const asked = input.value.trim();
    if (asked.length < 2) { $$("li.found", paletteBox).forEach((old) => old.remove()); return; }
    lookup = setTimeout(async () => {
      const answer = await fetch(`${paletteBox.dataset.cases}?q=${encodeURIComponent(asked)}`).catch(() => null);
      if (!answer?.ok || input.value.trim() !== asked) return;
      $$("li.found", paletteBox).forEach((old) => old.remove());
      $("ul", paletteBox).insertAdjacentHTML("beforeend", await answer.text());
      if (!$("li[aria-selected]:not([hidden])", paletteBox)) choose($("li:not([hidden])", paletteBox));
    }, 180);
  });
  input.addEventListener("keydown", (event) => {
    const shown = $$("li:not([hidden])", paletteBox);
    const at = shown.findIndex((item) => item.hasAttribute("aria-selected"));
    if (event.key === "ArrowDown") choose(shown[Math.min(at + 1, shown.length - 1)]);
    else if (event.key === "ArrowUp") choose(shown[Math.max(at - 1, 0)]);
    else if (event.key === "Enter") run(shown[at]);
    else return;
    event.preventDefault();
  });
  paletteBox.addEventListener("click", (event) => {
    if (event.target === paletteBox) paletteBox.close();
    event.stopPropagation();
    run(event.target.closest("li"));
  });
}

// Choices of a time: a free one shows its field; the browser tells its zone ------------------------------------------
document.addEventListener("change", (event) => {
  const choice = event.target.closest("select[data-when]");
  if (choice) { const free = $(".when-free", choice.form); if (free) { free.hidden = choice.value !== "custom"; $("input", free).required = !free.hidden; } }
  if (event.target.matches("[data-shows]")) $$(`[data-shown-by="${event.target.name}"]`).forEach((part) => { part.hidden = part.dataset.value !== event.target.value; });
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});
document.addEventListener("submit", (event) => {
  const zone = event.target.elements?.zone;
  if (zone) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}, true);

// Signing in again in another tab gives a new token: the cookie always holds the one that counts.
const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? document.body.dataset.csrf;
document.body.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb === "get") return;
  event.detail.headers["X-CSRFToken"] = token();
  event.detail.formData?.delete("csrfmiddlewaretoken");
});

// htmx ------------------------------------------------------------------------------------------------------------
document.body.addEventListener("htmx:afterSwap", (event) => { tick(); tidy(); if (event.target.id === "case") opened(event); });
document.body.addEventListener("htmx:oobAfterSwap", () => { tick(); tidy(); });
document.body.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 401) return;
  const said = event.detail.xhr.responseText.replace(/<[^>]*>/g, "").trim();
  toast(said && said.length < 400 ? said : words.failed, "error");
});
document.body.addEventListener("htmx:sendError", () => toast(words.gone, "error"));
function opened() {
  $(".desk")?.setAttribute("data-open", "");
  // By key the focus stays in the queue; by pointer or Enter it goes to the case.
  if (!document.activeElement?.closest?.(".rows") || innerWidth <= 720) $("#case-title")?.focus({ preventScroll: true });
  const thread = $("#case .thread");
  if (thread) thread.scrollTop = thread.scrollHeight;
  document.dispatchEvent(new CustomEvent("case-opened"));
}

// Countdowns on replies that can still be taken back -------------------------------------------------------------------
setInterval(() => {
  for (const left of $$("[data-until]")) {
    const seconds = Math.ceil((Date.parse(left.dataset.until) - Date.now()) / 1000);
    left.textContent = Math.max(0, seconds);
    if (seconds <= 0 && !left.dataset.over) { left.dataset.over = "1"; document.dispatchEvent(new CustomEvent("case-stale")); }
  }
}, 500);

tick();
tidy();
setInterval(tick, 15000);
const first = $("#case .thread");
if (first) first.scrollTop = first.scrollHeight;

// The live stream: what changed elsewhere comes in, and never touches what is being written.
const $ = (what) => document.querySelector(what);
const shell = $("[data-events]");
let source = null, wait = 1000, timer = 0, since = shell?.dataset.since;
const stale = { queue: false, case: false }, asking = { queue: false, case: false };

function connect() {
  const way = new URL(shell.dataset.events, location.href);
  // What changed while this page came, or while nobody listened, is told first.
  if (since) way.searchParams.set("since", since);
  source = new EventSource(way);
  source.addEventListener("open", () => { wait = 1000; if ($("#offline")) $("#offline").hidden = true; catchUp(); });
  source.addEventListener("queue-changed", (event) => { since = event.lastEventId || since; stale.queue = true; later(); });
  source.addEventListener("case-changed", (event) => {
    if (event.data.split(",").includes(opened())) { stale.case = true; later(); }
  });
  source.addEventListener("presence-changed", (event) => document.dispatchEvent(new CustomEvent("presence-changed", { detail: event.data })));
  source.addEventListener("notice", (event) => hear(event.data));
  source.addEventListener("bye", () => again());
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) again();
    else setTimeout(() => { if (source.readyState !== EventSource.OPEN && $("#offline")) $("#offline").hidden = false; }, 4000);
  });
}
function again() {
  source.close();
  setTimeout(connect, wait * (0.75 + Math.random() / 2));
  wait = Math.min(wait * 2, 30000);
}
const opened = () => $("#case [data-case-id]")?.dataset.caseId;
const later = () => { clearTimeout(timer); timer = setTimeout(refresh, 250); };
const catchUp = () => { if (stale.case || stale.queue) later(); };

// One request of each kind at a time, each from an element of its own: of those that wait at one element, htmx keeps
// the last only, and what the others were to bring would never be shown.
// Gives whether the desk answered: when it did not, the stream is broken, too, and asks again once it is whole.
function ask(what, way, how) {
  stale[what] = false;
  asking[what] = true;
  return htmx.ajax("GET", way, how)
    .then(() => true, () => { stale[what] = true; return false; })
    .finally(() => { asking[what] = isLive = false; });
}

// Notices that come while some are being fetched are fetched after them, from the first on.
let hearing = false, unheard = null;
function hear(after) {
  if (hearing) { unheard ??= after; return; }
  hearing = true;
  htmx.ajax("GET", `${shell.dataset.notices}?after=${after}`, { source: "#toasts", target: "#toasts", swap: "none" })
    .catch(() => {})
    .finally(() => { hearing = false; if (unheard !== null) { const next = unheard; unheard = null; hear(next); } });
}

// A menu that is open, or a field that is being filled in, is never swapped away: it waits until it is closed.
const isBusy = (part) => part && (part.querySelector("details.menu[open]") ||
  (part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")));
// What is pressed stays until it is let go: a click on what was replaced in between would be nobody's. A release may
// never be told (outside the window), so a press is believed for five seconds.
let pressed = null, pressedAt = 0;
const isPressed = (part) => pressed && part.contains(pressed) && performance.now() - pressedAt < 5000;
document.addEventListener("pointerdown", (event) => { pressed = event.target; pressedAt = performance.now(); }, true);
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => { pressed = null; catchUp(); }, true);
// A view, a search or more rows that the person asked for go before what the stream would put in their place.
let theirs = null;
const isTheirsComing = () => theirs && theirs.readyState > 0 && theirs.readyState < 4;

function refresh() {
  if (document.hidden) return;
  const rows = $("#queue-live");
  if (stale.queue && !asking.queue && rows && !isBusy(rows) && !isTheirsComing()) {
    const way = new URL(rows.dataset.live, location.href);
    if (opened()) way.searchParams.set("open", opened());
    ask("queue", way.pathname + way.search, { source: ".queue", target: "#queue-live", swap: "outerHTML" }).then((came) => { putBack(); if (came) catchUp(); });
  }
  const head = $("#case-live");
  if (stale.case && !asking.case && head) {
    if (isBusy($("#case-head")) || isBusy($("#case-side")) || isBusy($("#case-helpers")) || isBusy($("#case-thread"))) return;
    const thread = $("#case .thread"), end = thread && thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60;
    ask("case", head.dataset.live, { source: ".desk", target: ".desk", swap: "none" }).then((came) => {
      const now = $("#case .thread");
      if (now && end) now.scrollTop = now.scrollHeight;
      if (came) catchUp();
    });
  }
}

// Where the person is in the queue when its new rows come, which is not where they were when these were asked for.
let place = null, isLive = false;
document.body.addEventListener("htmx:beforeSwap", (event) => {
  isLive = event.detail.requestConfig.elt === $(".desk");
  if (event.detail.requestConfig.elt !== $(".queue")) return;
  if (isTheirsComing() || isBusy(event.detail.target) || isPressed(event.detail.target)) { event.detail.shouldSwap = false; stale.queue = true; return; }
  place = {
    focused: document.activeElement?.closest?.(".row")?.dataset.case,
    marked: $(".rows .row[aria-current]")?.dataset.case,
    scroll: $(".rows")?.scrollTop ?? 0,
  };
});
function putBack() {
  if (!place) return;
  const row = (number) => number && $(`.rows .row[data-case="${number}"]`), { focused, marked, scroll } = place;
  place = null;
  if ($(".rows")) $(".rows").scrollTop = scroll;
  if (row(marked)) {
    $(".rows .row[aria-current]")?.removeAttribute("aria-current");
    row(marked).setAttribute("aria-current", "true");
  }
  // The focus went with the old row; whoever writes meanwhile keeps it.
  if (document.activeElement === document.body) row(focused)?.focus({ preventScroll: true });
}
document.body.addEventListener("htmx:beforeSend", (event) => {
  if (event.detail.target.id === "queue-live" && event.detail.requestConfig.elt !== $(".queue")) theirs = event.detail.xhr;
});
document.body.addEventListener("htmx:afterRequest", (event) => { if (event.detail.xhr === theirs) catchUp(); });
document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail, of = fragment.firstElementChild?.dataset.of;
  // What comes late, of a case that is no longer open, never stands over another's composer.
  if (of && of !== opened()) event.detail.shouldSwap = false;
  // A menu may open while the answer is on its way: what came is thrown away, and asked for again later.
  else if (isLive && (isBusy(target) || isPressed(target))) { event.detail.shouldSwap = false; stale.case = true; }
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
document.addEventListener("focusout", catchUp);
document.addEventListener("toggle", catchUp, true);
document.addEventListener("case-stale", () => { stale.case = true; later(); });
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
if (shell) connect();

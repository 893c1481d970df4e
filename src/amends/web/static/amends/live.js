// The live stream: what changed elsewhere comes in, and never touches what is being written.
const $ = (what) => document.querySelector(what);
const shell = $("[data-events]");
let source = null, wait = 1000, stale = { queue: false, case: false }, timer = 0, refreshing = false;

function connect() {
  source = new EventSource(shell.dataset.events);
  source.addEventListener("open", () => { wait = 1000; if ($("#offline")) $("#offline").hidden = true; });
  source.addEventListener("queue-changed", () => { stale.queue = true; later(); });
  source.addEventListener("case-changed", (event) => {
    if (event.data.split(",").includes($("#case [data-case-id]")?.dataset.caseId)) { stale.case = true; later(); }
  });
  source.addEventListener("notice", (event) => {
    htmx.ajax("GET", `${shell.dataset.notices}?after=${event.data}`, { target: "#toasts", swap: "none" });
  });
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
const later = () => { clearTimeout(timer); timer = setTimeout(refresh, 250); };

// A menu that is open, or a field that is being filled in, is never swapped away: it waits until it is closed.
const isBusy = (part) => part && (part.querySelector("details.menu[open]") ||
  (part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")));

function refresh() {
  if (document.hidden) return;
  const rows = $("#queue-live");
  if (stale.queue && rows && !isBusy(rows)) {
    stale.queue = false;
    const way = new URL(rows.dataset.live, location.href);
    const open = $("#case [data-case-id]")?.dataset.caseId;
    if (open) way.searchParams.set("open", open);
    const focused = document.activeElement?.closest?.(".row")?.dataset.case;
    const scroll = $(".rows")?.scrollTop ?? 0;
    htmx.ajax("GET", way.pathname + way.search, { target: "#queue-live", swap: "outerHTML" }).then(() => {
      if ($(".rows")) $(".rows").scrollTop = scroll;
      if (focused) $(`.row[data-case="${focused}"]`)?.focus({ preventScroll: true });
    });
  }
  const head = $("#case-live");
  if (stale.case && head) {
    if (isBusy($("#case-head")) || isBusy($("#case-side")) || isBusy($("#case-helpers")) || isBusy($("#case-thread"))) return;
    stale.case = false;
    const thread = $("#case .thread"), end = thread && thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60;
    refreshing = true;
    htmx.ajax("GET", head.dataset.live, { target: "#case-live", swap: "none" }).finally(() => { refreshing = false; }).then(() => {
      const now = $("#case .thread");
      if (now && end) now.scrollTop = now.scrollHeight;
    });
  }
}
// A menu may open while the answer is on its way: what came is thrown away, and asked for again later.
document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
  if (refreshing && isBusy(event.detail.target)) { event.detail.shouldSwap = false; stale.case = true; }
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
document.addEventListener("focusout", () => { if (stale.case || stale.queue) later(); });
document.addEventListener("toggle", () => { if (stale.case || stale.queue) later(); }, true);
document.addEventListener("case-stale", () => { stale.case = true; later(); });
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
if (shell) connect();

// What goes out with a reply, and how it will stand there: a line in public, images, a later time, the preview.
const $ = (what, where = document) => where.querySelector(what);
const REST = 250;
let timer = 0, asking = null, isOpen = false, altTimer = 0;

const form = () => $("#composer");
const box = () => $("#composer .sending");
const mode = () => form().elements.mode.value;
const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? document.body.dataset.csrf;
const post = (way, body, more = {}) => fetch(way, { method: "POST", body, headers: { "X-CSRFToken": token(), "HX-Request": "true" }, ...more });
// The words changed, or what goes with them: the review and the preview look again.
const changed = () => document.dispatchEvent(new Event("draft-changed"));

async function show() {
  const here = box(), place = here && $("#preview", here);
  if (!place) return;
  const facts = $("#review-facts")?.dataset ?? {}, longest = Number(facts.longest ?? 0);
  const isLong = longest > 0 && Number(facts.count) > longest;
  $("#marks", here).hidden = !isLong;
  const text = $(`textarea[data-mode="${mode()}"]`, form())?.value ?? "";
  const isWanted = mode() !== "note" && (isOpen || (isLong && text.trim()));
  $("#see-preview", here).setAttribute("aria-expanded", String(Boolean(isWanted)));
  place.hidden = !isWanted;
  if (!isWanted) return;
  asking?.abort();
  asking = new AbortController();
  const fields = new FormData(form());
  fields.set("text", text);
  fields.set("zone", Intl.DateTimeFormat().resolvedOptions().timeZone || "");
  for (const name of ["text_reply", "text_direct", "text_note"]) fields.delete(name);
  try {
    const answer = await post(here.dataset.preview, new URLSearchParams(fields), { signal: asking.signal });
    if (answer.ok) place.innerHTML = await answer.text();
  } catch (error) {
    if (error.name !== "AbortError") place.hidden = true;
  }
}
const soon = () => { clearTimeout(timer); timer = setTimeout(show, REST); };

// -- images

function noted() {
  const media = form().elements.media;
  media.value = [...box().querySelectorAll("[data-image]")].map((one) => one.dataset.image).join(",");
  changed();
  soon();
}

async function load() {
  const here = box();
  if (!here || !("has" in $("#images", here).dataset)) return;
  const answer = await fetch(here.dataset.images, { headers: { "HX-Request": "true" } });
  if (answer.ok) { $("#images", here).innerHTML = await answer.text(); noted(); }
}

// A photograph is larger than most networks take: it is made smaller here, and loses nothing that anybody would see.
async function fitting(file, largest) {
  if (!largest || file.size <= largest || file.type === "image/gif") return file;
  const picture = await createImageBitmap(file);
  for (const [longest, quality] of [[2048, 0.86], [1600, 0.82], [1200, 0.78], [900, 0.7]]) {
    const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const paint = canvas.getContext("2d");
    paint.fillStyle = "#fff";
    paint.fillRect(0, 0, canvas.width, canvas.height);
    paint.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const smaller = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (smaller && smaller.size <= largest) return new File([smaller], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
  }
  return file;
}

async function add(file) {
  const here = box(), fields = new FormData();
  fields.set("image", await fitting(file, Number(here.dataset.largest)).catch(() => file));
  const answer = await post(here.dataset.add, fields);
  await took(answer);
  const last = [...here.querySelectorAll("[data-alt-of]")].at(-1);
  if (answer.ok) last?.focus();
}

async function took(answer) {
  const text = await answer.text();
  if (answer.ok) { $("#images", box()).innerHTML = text; noted(); return; }
  // A refusal is a toast with its reasons.
  const told = new DOMParser().parseFromString(text, "text/html"), toasts = $("#toasts");
  const said = $("#toasts", told);
  if (said && toasts) toasts.replaceWith(document.adoptNode(said));
}

document.addEventListener("change", (event) => {
  if (event.target.id === "image-file") {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) add(file);
  } else if (event.target.matches('#composer [name="both"]')) {
    const line = form().elements.public_line;
    line.hidden = !event.target.checked;
    if (!line.hidden) line.focus();
    changed();
    soon();
  } else if (event.target.matches('#composer [name="when"], #composer [name="at"], #composer [name="no_marks"]')) soon();
});
document.addEventListener("input", (event) => {
  if (event.target.matches('#composer [name="public_line"]')) { clearTimeout(altTimer); altTimer = setTimeout(changed, REST); soon(); }
  if (event.target.matches("[data-alt-of]")) {
    clearTimeout(altTimer);
    const field = event.target, way = field.closest("[data-image]").dataset.alt;
    altTimer = setTimeout(() => post(way, new URLSearchParams({ alt: field.value })).then(() => { changed(); soon(); }).catch(() => {}), REST);
  }
});
document.addEventListener("click", (event) => {
  if (event.target.closest("#see-preview")) { isOpen = $("#see-preview").getAttribute("aria-expanded") !== "true"; return show(); }
  const dropped = event.target.closest("[data-drop-image]")?.closest("[data-image]");
  if (dropped) post(dropped.dataset.drop, new URLSearchParams()).then(took);
});
// The review has just looked at the same words.
document.addEventListener("review-shown", show);
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.id !== "composer" || Math.floor(event.detail.xhr.status / 100) !== 2 || !box()) return;
  if (event.detail.requestConfig.formData.get("mode") === "note") return;
  const { both, public_line: line, when } = form().elements;
  isOpen = false;
  if (both) { both.checked = false; line.value = ""; line.hidden = true; }
  if (when) { when.value = "now"; $(".when-free", box()).hidden = true; }
  $("#images").replaceChildren();
  form().elements.media.value = "";
  $("#preview").hidden = true;
});
document.body.addEventListener("draft-back", () => { $("#images")?.setAttribute("data-has", ""); load(); });
document.addEventListener("case-opened", () => { isOpen = false; load(); });
load();

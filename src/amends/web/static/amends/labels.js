// The labelling page by key: one letter for the kind, one figure for the abuse in it; with both, the next post comes.
const form = document.querySelector("#label");
const typing = (at) => at?.closest?.("input:not([type=radio]), textarea, select, [contenteditable]");
let before = "";

function choose(radio) {
  radio.checked = true;
  radio.focus();
  if (["kind", "abuse"].every((name) => form.elements[name].value)) form.requestSubmit();
}

document.addEventListener("keydown", (event) => {
  if (!form || event.isComposing || event.repeat || document.body.dataset.keys !== "on") return;
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  const chord = before;
  before = event.key === "g" ? "g" : "";
  if (chord === "g") return;
  const radio = form.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  const button = { s: "#label-skip", u: "#label-undo" }[event.key];
  if (!radio && !button) return;
  event.preventDefault();
  // These letters mean other things on other pages.
  event.stopImmediatePropagation();
  if (radio) choose(radio);
  else form.querySelector(button).click();
}, true);

// Two presses or clicks in a hurry must not send one label twice.
form?.addEventListener("submit", (event) => {
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});
addEventListener("pageshow", () => { if (form) delete form.dataset.sent; });

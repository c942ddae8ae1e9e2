// Everything here makes working pages quicker to use. Without it every link, form and page still works.
"use strict";

document.documentElement.classList.add("js");

const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

// Changing requests sent by htmx carry the token of the nearest form, as plain submissions do.
document.addEventListener("htmx:configRequest", (event) => {
  const { verb, headers, elt } = event.detail;
  if (verb === "get") return;
  const form = elt.closest("form");
  const field = (form || document).querySelector("input[name=csrfmiddlewaretoken]");
  if (field) headers["X-CSRFToken"] = field.value;
});

// An error page answered to htmx is shown, not dropped.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 422) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  } else if (xhr.status >= 400) {
    event.detail.shouldSwap = false;
    window.location.reload();
  }
});

// Focus goes to the summary of errors, or to the safe button of a confirmation.
function focusFirst(root) {
  const place = root.querySelector("[data-focus]");
  if (place) place.focus();
}

// Long hashes: pressing one copies the whole.
document.addEventListener("click", async (event) => {
  const hash = event.target.closest("button[data-hash]");
  if (!hash || !navigator.clipboard) return;
  await navigator.clipboard.writeText(hash.dataset.hash);
  const said = document.getElementById("said");
  if (said) said.textContent = hash.dataset.copied;
});

function dressHashes(root) {
  if (!navigator.clipboard) return;
  const words = { zh: ["复制完整哈希", "已复制"], en: ["Copy the whole hash", "Copied"] };
  const [copy, copied] = words[document.documentElement.lang.startsWith("zh") ? "zh" : "en"];
  for (const span of all("span.hash[data-hash]", root)) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "hash as-text";
    button.dataset.hash = span.dataset.hash;
    button.dataset.copied = copied;
    button.title = copy;
    button.setAttribute("aria-label", `${copy} ${span.textContent}`);
    button.textContent = span.textContent;
    span.replaceWith(button);
  }
}

// Filters apply themselves where there is room for a rail; on a phone the button at the end does it.
const roomy = window.matchMedia("(min-width: 721px)");
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form && (roomy.matches || form.dataset.auto === "always")) form.requestSubmit();
});

// Empty fields stay out of the address, so that equal searches have equal addresses.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "get" || form.id === "tray") return;
  for (const field of all("input[name], select[name]", form)) {
    if (field.value === "" && field.type !== "checkbox") field.disabled = true;
  }
  window.setTimeout(() => all(":disabled[name]", form).forEach((field) => {
    if (field.value === "" && field.type !== "checkbox") field.disabled = false;
  }), 0);
});

// Fields that belong to one choice show with it; a form's hidden mark tells the server which were seen.
function showDependent(choice) {
  const form = choice.closest("form");
  if (!form || !choice.name) return;
  const dependent = all("[data-only-for]", form).filter((one) => one.dataset.by === choice.name);
  for (const wrapper of dependent) {
    const shows = wrapper.dataset.onlyFor.split(" ").includes(choice.value);
    wrapper.hidden = !shows;
    all("input, select, textarea", wrapper).forEach((field) => { field.disabled = !shows; });
  }
  if (dependent.length) all("input[data-shown]", form).forEach((mark) => { mark.value = choice.value; });
}
document.addEventListener("change", (event) => showDependent(event.target));

// The tray follows the ticks: a count, a slot each, and words instead of a fifth.
function followTray() {
  const tray = document.querySelector("[data-tray]");
  if (!tray) return;
  const most = Number(tray.dataset.max);
  const ticked = all("input[form=tray][name=pick]:checked");
  tray.querySelector("[data-count]").textContent = `${ticked.length}/${most}`;
  all(".slot", tray).forEach((slot) => slot.remove());
  const button = tray.querySelector("button[type=submit]");
  const slots = [];
  for (const tick of ticked) {
    const slot = document.createElement("span");
    slot.className = "slot";
    slot.append(tick.dataset.title);
    const small = document.createElement("small");
    small.className = "num";
    small.textContent = tick.dataset.number;
    slot.append(small);
    slots.push(slot);
  }
  if (ticked.length < most) {
    const slot = document.createElement("span");
    slot.className = "slot empty";
    slot.textContent = ticked.length < 2 ? tray.dataset.one : tray.dataset.most;
    slots.push(slot);
  }
  button.before(...slots);
  button.disabled = ticked.length < 2;
  tray.hidden = ticked.length === 0;
}
document.addEventListener("change", (event) => {
  const tick = event.target;
  if (!tick.matches("input[form=tray][name=pick]")) return;
  const tray = document.querySelector("[data-tray]");
  if (all("input[form=tray][name=pick]:checked").length > Number(tray.dataset.max)) {
    tick.checked = false;
    followTray();
    const slot = tray.querySelector(".slot:last-of-type");
    const refusal = document.createElement("span");
    refusal.className = "slot full";
    refusal.setAttribute("role", "alert");
    refusal.textContent = tray.dataset.full;
    slot.after(refusal);
    return;
  }
  followTray();
});

// One open drop-down at a time; Escape and a press outside close it.
document.addEventListener("click", (event) => {
  for (const open of all("details.drop[open], details.choose[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest("details.drop[open], details.choose[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// Dropping a file on the bed of a file field.
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const bed = event.target.closest && event.target.closest("[data-drop]");
    if (!bed) return;
    event.preventDefault();
    bed.classList.toggle("over", kind === "dragover");
    const field = bed.querySelector("input[type=file]");
    if (kind === "drop" && field && event.dataTransfer.files.length) field.files = event.dataTransfer.files;
  });
}

// A dialog asked for by a link opens in place; the link still leads to its own page.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog && dialog.showModal) {
      event.preventDefault();
      dialog.showModal();
    }
  }
  const closer = event.target.closest("dialog [data-close]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
});

// "Back" on a refusal returns to the form with what was typed in it.
document.addEventListener("click", (event) => {
  const back = event.target.closest("[data-back]");
  if (!back || window.history.length < 2) return;
  event.preventDefault();
  window.history.back();
});

// Printing a page is a choice of the reader's, offered only where it can work.
for (const button of all("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

function begin(root) {
  dressHashes(root);
  followTray();
  all("input[type=radio]:checked", root).forEach(showDependent);
  // browsers that cannot show a folded rail open it where there is room
  if (roomy.matches && !CSS.supports("selector(::details-content)")) all("details.fold", root).forEach((one) => { one.open = true; });
}
begin(document);
focusFirst(document);
document.addEventListener("htmx:afterSwap", (event) => begin(event.detail.target));

// On a phone the steps of a wizard stand in one line that scrolls: the one being done is in sight.
for (const step of all(".wiz > nav [aria-current=step]")) {
  const line = step.closest("nav");
  line.scrollLeft = step.offsetLeft - line.offsetLeft - 12;
}

// Six things that a page can't do by itself, each of which it does without, too: show what a form
// would do while somebody types, put what fits into a list while somebody searches, copy, go from cell
// to cell of a grid by the arrow keys, put a file's text where one could paste it, and say that
// something is being done, so that nobody sends it twice.
"use strict";

const WAIT = 250; // milliseconds after the last key

const partOf = async (address, form, place) => {
  const asked = (place.asked = {}); // of two answers the one to the later question counts
  const fields = new URLSearchParams(new FormData(form));
  const post = place.dataset.preview !== undefined;
  try {
    const answer = await fetch(post ? address : `${address}?${fields}`, {
      method: post ? "POST" : "GET",
      headers: { "X-Part": "yes" },
      body: post ? fields : undefined,
      redirect: "error",
      credentials: "same-origin",
    });
    const type = answer.headers.get("content-type") || "";
    if (answer.ok && type.startsWith("text/html") && place.asked === asked) {
      place.innerHTML = await answer.text();
      ready(place);
    }
  } catch {
    // away for a moment: what is shown stays, and sending the form says what is wrong
  }
};

const follow = (form) => {
  const place = form.querySelector("[data-preview]") || document.querySelector(form.dataset.list || "#none");
  if (!place) return;
  const address = place.dataset.preview || form.action;
  let waiting = 0;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => partOf(address, form, place), WAIT);
  };
  form.addEventListener("input", soon);
  // what was typed before this script was here, or what the browser brought back, counts too
  if ([...form.querySelectorAll("input, textarea")].some(touched)) soon();
};

const touched = (field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked;

const copies = (button) => {
  const word = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = word; }, 2000);
  });
};

const prints = (button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
};

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

const walk = (table) => table.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  const cell = event.target.closest("td");
  if (!step || !cell || event.altKey || event.ctrlKey || event.metaKey) return;
  const row = table.rows[cell.parentNode.rowIndex + step[0]];
  const link = row && row.cells[cell.cellIndex + step[1]] && row.cells[cell.cellIndex + step[1]].querySelector("a");
  if (!link) return;
  event.preventDefault();
  link.focus();
});

const uploads = (input) => {
  const into = document.getElementById(input.dataset.into);
  input.closest("[data-scripted]").hidden = false;
  input.addEventListener("change", async () => {
    if (!input.files.length) return;
    into.value = await input.files[0].text();
    into.dispatchEvent(new Event("input", { bubbles: true }));
  });
};

const works = (place) => {
  const form = place.closest("form");
  const said = (words, busy) => {
    place.textContent = words;
    form.querySelectorAll("button.main").forEach((button) => { button.disabled = busy; });
  };
  form.addEventListener("submit", () => said(place.dataset.working, true));
  window.addEventListener("pageshow", () => said("", false)); // whoever comes back may send it again
};

const ready = (place) => {
  place.querySelectorAll("[data-working]").forEach(works);
  place.querySelectorAll("form[data-live]").forEach(follow);
  place.querySelectorAll("button[data-copy]").forEach(copies);
  place.querySelectorAll("button[data-print]").forEach(prints);
  place.querySelectorAll("table[data-grid]").forEach(walk);
  place.querySelectorAll("input[data-into]").forEach(uploads);
};

ready(document);

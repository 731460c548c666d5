// Shows times in the reader's zone and keeps the parts marked data-live up to date. Every page works without it.
"use strict";

const EVERY_MS = 8000;
const zone = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

function showLocalTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.textContent = zone.format(at);
    time.title = full.format(at);
  }
}

// A form that was refused is answered at its own address, where there is nothing to read again: the page's stands in its head.
const own = document.querySelector('link[rel="canonical"]')?.href ?? location.href;
if (own !== location.href.split("#")[0]) history.replaceState(null, "", own);

// The CSRF token is new in every answer; without it, a part that says the same is left alone.
const told = (part) => part.innerHTML.replace(/name="csrf_token" value="[^"]*"/g, "");
const shown = new Map();

function replace(part, fresh) {
  const text = told(fresh);
  const inUse = part.contains(document.activeElement) || part.querySelector("details[open]");
  if (shown.get(part.id) === text || inUse) return;
  shown.set(part.id, text);
  part.replaceChildren(...fresh.childNodes);
  showLocalTimes(part);
}

async function refresh() {
  const parts = document.querySelectorAll("[data-live][id]");
  if (!parts.length || document.hidden) return;
  const answer = await fetch(own, { headers: { Accept: "text/html" } });
  if (answer.redirected) location.reload(); // the session has ended
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) {
    const fresh = page.getElementById(part.id);
    if (fresh) replace(part, fresh);
  }
}

async function keepFresh() {
  try {
    await refresh();
  } catch {
    // The server is away for a moment; what is shown stays until it is back.
  }
  setTimeout(keepFresh, EVERY_MS);
}

for (const part of document.querySelectorAll("[data-live][id]")) shown.set(part.id, told(part));
showLocalTimes(document);
setTimeout(keepFresh, EVERY_MS);

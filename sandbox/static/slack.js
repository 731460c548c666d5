// The page works without this. With it, news appears by itself, times are local, and the newest message is in view.
(() => {
  const local = (root) => {
    for (const time of root.querySelectorAll("time[datetime]")) {
      time.textContent = new Date(time.dateTime).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    }
  };
  const scroll = () => document.querySelector('[data-live="scroll"]');
  // The newest message from its beginning: a card may be taller than the window.
  const toEnd = () => {
    const box = scroll(), newest = box.querySelector("li:last-of-type");
    if (newest) box.scrollTop += newest.getBoundingClientRect().top - box.getBoundingClientRect().top;
  };

  // Where a person goes on: at what was refused, else at the first field.
  const firstField = () => document.querySelector("#view [aria-invalid]")
    ?? document.querySelector("#view select, #view textarea, #view input[type=text]");

  // Kept as the server sent it, before times are made local: what is compared is what the server says.
  const served = new Map();
  for (const part of document.querySelectorAll("[data-live]")) served.set(part.dataset.live, part.innerHTML);

  async function refresh() {
    if (document.hidden) return;
    const answer = await fetch(location.href, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok) return;
    if (answer.redirected) return location.assign(answer.url); // the first message has come, to somebody
    const news = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) replace(part, news);
  }

  // A menu is named by its message and its place there, so that news closes none that a person has just opened.
  const menus = (part) => [...part.querySelectorAll("li[id] details")].map((menu) => {
    const message = menu.closest("li");
    return { menu, name: `${message.id} ${[...message.querySelectorAll("details")].indexOf(menu)}` };
  });

  function replace(part, news) {
    const fresh = news.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!fresh || served.get(part.dataset.live) === fresh.innerHTML) return;
    served.set(part.dataset.live, fresh.innerHTML);
    const atEnd = part.scrollHeight - part.scrollTop - part.clientHeight < 80;
    const open = new Set(menus(part).filter(({ menu }) => menu.open).map(({ name }) => name));
    part.innerHTML = fresh.innerHTML;
    for (const { menu, name } of menus(part)) menu.open = open.has(name);
    local(part);
    if (part === scroll() && atEnd) toEnd();
    if (part.dataset.live === "form") firstField()?.focus();
  }

  local(document);
  if (!location.hash) toEnd(); // after a press the address names the card
  firstField()?.focus();
  document.getElementById("as")?.addEventListener("change", (event) => event.target.form.submit());
  document.addEventListener("keydown", (event) => { // as Slack does; the form in the page closes by its button
    if (event.key === "Escape" && !event.defaultPrevented) document.querySelector("#view [formaction]")?.click();
  });
  setInterval(() => { refresh().catch(() => {}); }, 1500); // the server may be restarting: try again next time
})();

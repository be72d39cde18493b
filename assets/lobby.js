/* The lobby: one quiet connection tells how many are before us; when it is our turn, the page goes on by itself. */
(() => {
  "use strict";
  const stored = (name) => {
    try {
      return JSON.parse(localStorage.getItem(name) ?? "null");
    } catch {
      return localStorage.getItem(name);
    }
  };
  const english = stored("guahao_lang") === "en";
  const by = (id) => document.getElementById(id);
  if (english) {
    document.documentElement.lang = "en";
    for (const node of document.querySelectorAll("[data-en]")) if (!node.dataset.zh) node.textContent = node.dataset.en;
    document.title = document.querySelector("h1").textContent;
  }
  const fill = (node, suffix, values) =>
    node.dataset[(english ? "en" : "zh") + suffix].replace(/\{(\w+)\}/g, (_, name) => values[name]);

  const wait = by("wait");
  let first = 0;
  let announced = Infinity;
  let release = 0;
  let offset = 0;

  function show(seen) {
    by("lost").hidden = true;
    if (seen.inside) {
      by("ahead").textContent = "0";
      by("bar").style.width = "100%";
      source.close();
      location.replace(document.body.dataset.next);
      return;
    }
    first = Math.max(first, seen.ahead + 1);
    by("ahead").textContent = String(seen.ahead);
    wait.textContent =
      seen.seconds < 60
        ? fill(wait, "", { seconds: seen.seconds })
        : fill(wait, "Minutes", { minutes: Math.ceil(seen.seconds / 60) });
    by("bar").style.width = `${100 * (1 - (seen.ahead + 1) / (first + 1))}%`;
    release = seen.release_at ? Date.parse(seen.release_at) : 0;
    offset = Date.parse(seen.now) - performance.now();
    count();
    // Spoken at the beginning, then each time that the line has become a quarter shorter.
    if (seen.ahead <= announced * 0.75) {
      announced = seen.ahead;
      by("told").textContent = fill(by("told"), "", { ahead: seen.ahead, wait: wait.textContent });
    }
  }

  function count() {
    const left = Math.ceil((release - offset - performance.now()) / 1000);
    by("release").hidden = !release || left <= 0;
    if (by("release").hidden) return;
    const two = (number) => String(number).padStart(2, "0");
    const at = new Date(release).toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false });
    by("release").textContent = fill(by("release"), "", { time: at, left: `${two(Math.floor(left / 60))}:${two(left % 60)}` });
  }

  const source = new EventSource("/api/v1/lobby/events");
  source.onmessage = (event) => show(JSON.parse(event.data));
  source.onerror = () => {
    by("lost").hidden = false;
  };
  setInterval(count, 1000);
})();

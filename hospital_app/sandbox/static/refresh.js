// Reads the page again every two seconds and replaces its live part, unless the person is working in it.
setInterval(async () => {
  const live = document.querySelector("[data-live]");
  if (!live || live.contains(document.activeElement)) return;
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
  if (fresh && fresh.innerHTML !== live.innerHTML) live.replaceWith(fresh);
}, 2000);

// Counts down by the server's remaining seconds, announces 5 and 1 minute, reloads at the end.
const timer = document.querySelector("[data-left-seconds]");
if (timer) {
  const announce = document.querySelector("[data-announce]");
  const end = performance.now() + Number(timer.dataset.leftSeconds) * 1000;
  let said = 0;
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    timer.textContent = `${String(Math.floor(left / 60)).padStart(2, "0")}:${String(left % 60).padStart(2, "0")}`;
    const minute = left <= 60 ? 1 : left <= 300 ? 5 : 0;
    if (minute && minute !== said && left > 0) {
      said = minute;
      announce.textContent = `还剩不到 ${minute} 分钟`;
    }
    if (left > 0) setTimeout(tick, 250);
    else setTimeout(() => location.reload(), 500);
  };
  tick();
} else {
  setInterval(async () => {
    const answer = await fetch(location.href).catch(() => null);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
    if (fresh) document.querySelector("[data-live]")?.replaceWith(fresh);
  }, 2000);
}

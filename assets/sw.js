/* The keeper of the slip: when there is no network, /slip/<no> opens from the copy that the page saved.
   Everything else goes to the network untouched, so that nobody ever books from an old page. */
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.mode !== "navigate" || !url.pathname.startsWith("/slip/")) return;
  event.respondWith(
    fetch(event.request).catch(async () => {
      const cache = await caches.open("guahao-slips");
      return (await cache.match(url.pathname.replace(/\/$/, ""))) ?? Response.error();
    }),
  );
});

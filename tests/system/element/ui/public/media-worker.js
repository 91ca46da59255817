// The interface asks for media at the old paths, where servers no longer answer, and counts on
// its page to ask at the authenticated ones (Matrix 1.11, "Client behaviour" of content downloads).
const OLD = /\/_matrix\/media\/(?:r0|v3)\/(download|thumbnail)\//;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

/** Asks the open page for the access token of whoever is signed in. */
async function token(clientId) {
    const page = await self.clients.get(clientId);
    const channel = new MessageChannel();
    const answer = new Promise((resolve) => (channel.port1.onmessage = (event) => resolve(event.data)));
    page.postMessage("token", [channel.port2]);
    return answer;
}

async function authenticated(event) {
    const url = event.request.url.replace(OLD, "/_matrix/client/v1/media/$1/");
    return fetch(url, { headers: { Authorization: `Bearer ${await token(event.clientId)}` } });
}

self.addEventListener("fetch", (event) => {
    if (event.request.method === "GET" && OLD.test(event.request.url)) event.respondWith(authenticated(event));
});

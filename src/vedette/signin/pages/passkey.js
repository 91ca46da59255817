// Passkeys (WebAuthn) are the one thing that a page can't do without a script. Each form of the
// class `passkey` carries what the browser is to be asked; the answer goes into its hidden field.
"use strict";

const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const known = (list) => (list || []).map((each) => ({ ...each, id: toBytes(each.id) }));

async function create(options) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      user: { ...options.user, id: toBytes(options.user.id) },
      excludeCredentials: known(options.excludeCredentials),
    },
  });
  return answer(made, {
    attestationObject: toText(made.response.attestationObject),
    transports: made.response.getTransports ? made.response.getTransports() : [],
  });
}

async function get(options) {
  const used = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      allowCredentials: known(options.allowCredentials),
    },
  });
  const handle = used.response.userHandle;
  return answer(used, {
    authenticatorData: toText(used.response.authenticatorData),
    signature: toText(used.response.signature),
    userHandle: handle && handle.byteLength ? toText(handle) : null,
  });
}

const answer = (credential, response) =>
  JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { clientDataJSON: toText(credential.response.clientDataJSON), ...response },
  });

for (const form of document.querySelectorAll("form.passkey")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const ask = form.dataset.ceremony === "create" ? create : get;
    try {
      form.elements.response.value = await ask(JSON.parse(form.dataset.options));
    } catch {
      form.elements.response.value = ""; // the page says that it did not work
    }
    form.submit();
  });
}

// An OpenID provider after the example of `oidc-provider`: what it keeps, it keeps in memory.
//
// It asks for a name and a password, checks the password against a hash with the same parameters as
// ours, asks for consent, and issues JSON Web Tokens signed with Ed25519 to a public client with PKCE.
// It has no second factor, no limits, no rules, no record and no disk, and tells nobody of a session.
//
//   BENCH_SECRET=... node server.mjs SOCKET PORT ISSUER REDIRECT HASH
//
// It listens on SOCKET and on PORT of this machine. HASH is that of everybody's password, and the
// secret is what the client `resource-server` shows to introspect.

import { verify } from "@node-rs/argon2";
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [socket, port, issuer, redirect, hash] = process.argv.slice(2);
const secret = process.env.BENCH_SECRET;
const api = "urn:example:api";

const key = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "app",
      redirect_uris: [redirect],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
      id_token_signed_response_alg: "EdDSA",
    },
    {
      client_id: "resource-server",
      client_secret: secret,
      redirect_uris: [],
      response_types: [],
      grant_types: [],
      id_token_signed_response_alg: "EdDSA",
    },
  ],
  jwks: { keys: [{ ...key, alg: "EdDSA", use: "sig" }] },
  cookies: { keys: [secret] },
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  rotateRefreshToken: true,
  ttl: { Interaction: 600, Session: 86400, Grant: 86400, AccessToken: 600, RefreshToken: 86400 },
  enabledJWA: { idTokenSigningAlgValues: ["EdDSA", "RS256"] },
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: "api",
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "EdDSA" } },
      }),
    },
  },
});

const page = (title, form) => `<!DOCTYPE html><html lang="en"><title>${title}</title><h1>${title}</h1>
<form method="post">${form}<button>Continue</button></form></html>`;
const pages = {
  login: page("Sign in", `<input type="hidden" name="do" value="password">
    <input name="name"><input name="password" type="password">`),
  consent: page("Let the app in?", `<input type="hidden" name="do" value="agree">`),
};

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith("/interaction/")) return next();
  const { prompt, params, session, grantId } = await provider.interactionDetails(ctx.req, ctx.res);
  if (ctx.method === "GET") {
    ctx.type = "html";
    ctx.body = pages[prompt.name];
    return;
  }
  const form = await read(ctx.req);
  const result = prompt.name === "login"
    ? await login(form)
    : { consent: { grantId: await agree(grantId, session.accountId, params.client_id) } };
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
  ctx.status = 303;
});

async function read(request) {
  let body = "";
  for await (const part of request) body += part;
  return new URLSearchParams(body);
}

async function login(form) {
  if (!(await verify(hash, form.get("password")))) return { error: "access_denied" };
  return { login: { accountId: form.get("name"), remember: false } };
}

async function agree(grantId, accountId, clientId) {
  const grant = (grantId && await provider.Grant.find(grantId))
    || new provider.Grant({ accountId, clientId });
  grant.addOIDCScope("openid offline_access");
  grant.addResourceScope(api, "api");
  return grant.save();
}

provider.proxy = true;
createServer(provider.callback()).listen(port, "127.0.0.1");
createServer(provider.callback()).listen(socket);
process.on("SIGTERM", () => process.exit(0));

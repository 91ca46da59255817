// A client on matrix-js-sdk in Node.js, which the test tells what to do.
//
// Each line on the standard input is a JSON object {do: <name>, ...}; each is answered by one line
// on the standard output. The test plays the browser: it is given the address and returns the code.
import { createInterface } from "node:readline";
import { createClient, ClientEvent, OAuth2, RoomEvent } from "matrix-js-sdk";
import { logger } from "matrix-js-sdk/lib/logger.js";

logger.setLevel("silent");
for (const kind of ["debug", "error", "info", "log", "warn"]) console[kind] = () => {};

const REDIRECT = "http://localhost:9/signed-in";
const said = [];
let server, oauth, client;

const until = async (holds) => {
    while (!(await holds())) await new Promise((soon) => setTimeout(soon, 50));
};

/** Reads what the server is, registers, and says where the browser has to go. */
async function begin({ url }) {
    server = url;
    const metadata = await createClient({ baseUrl: url }).getAuthMetadata();
    const clientId = await OAuth2.registerClient(metadata, {
        application_type: "native",
        client_name: "A test on matrix-js-sdk",
        client_uri: "http://localhost",
        redirect_uris: [REDIRECT],
    });
    oauth = new OAuth2(metadata, { clientId });
    const address = await oauth.generateAuthorizationCodeGrantUrl("a-state", REDIRECT, "query");
    return { issuer: metadata.issuer, address };
}

/** Takes the code for tokens, and starts to sync with keys of its own. */
async function finish({ code }) {
    const tokens = await oauth.completeAuthorizationCodeGrant(code, REDIRECT);
    const deviceId = oauth.context.deviceId;
    const plain = createClient({ baseUrl: server, accessToken: tokens.access_token });
    const { user_id: userId } = await plain.whoami();
    client = createClient({
        baseUrl: server,
        userId,
        deviceId,
        accessToken: tokens.access_token,
        refreshToken: tokens.refresh_token,
        oauthClientId: oauth.context.clientId,
    });
    client.on(RoomEvent.MyMembership, (room, membership) => {
        if (membership === "invite") void client.joinRoom(room.roomId);
    });
    client.on(RoomEvent.Timeline, (event) => void hear(event));
    await client.initRustCrypto({ useIndexedDB: false });
    await client.startClient({ initialSyncLimit: 5 });
    await new Promise((ready) => client.once(ClientEvent.Sync, ready));
    return { user: userId, device: deviceId, expires: tokens.expires_in };
}

async function hear(event) {
    await client.decryptEventIfNeeded(event);
    if (event.getType() === "m.room.message") said.push([event.getRoomId(), event.getContent().body]);
    else if (event.isDecryptionFailure()) event.once("Event.decrypted", () => void hear(event));
}

/** Waits until somebody has said a text in a room. */
async function hears({ room, text }) {
    await until(() => said.some(([where, what]) => where === room && what === text));
    return {};
}

/** Says a text in a room; it must be an encrypted one. */
async function say({ room, text }) {
    await until(() => client.getRoom(room)?.getMyMembership() === "join");
    const encrypted = await client.getCrypto().isEncryptionEnabledInRoom(room);
    await client.sendTextMessage(room, text);
    return { encrypted };
}

/** Holds a token that is good no more, as after its ten minutes; asks; and holds another then. */
async function outlive() {
    const before = client.getAccessToken();
    client.http.opts.accessToken = before.slice(0, -6) + "AAAAAA";
    const { user_id: user } = await client.whoami();
    return { user, renewed: client.getAccessToken() !== before };
}

async function end() {
    await client.logout(true);
    return {};
}

const acts = { begin, finish, hears, say, outlive, end };
for await (const line of createInterface({ input: process.stdin })) {
    const { do: act, ...rest } = JSON.parse(line);
    try {
        process.stdout.write(`${JSON.stringify(await acts[act](rest))}\n`);
    } catch (fault) {
        process.stdout.write(`${JSON.stringify({ fault: String(fault?.stack ?? fault) })}\n`);
    }
}
process.exit(0);

// A page around Element Web's interface: one homeserver, English, the light theme, nothing else.
import * as React from "react";
import * as ReactDOM from "react-dom";
import BasePlatform from "matrix-react-sdk/src/BasePlatform";
import PlatformPeg from "matrix-react-sdk/src/PlatformPeg";
import SdkConfig from "matrix-react-sdk/src/SdkConfig";
import { MatrixClientPeg } from "matrix-react-sdk/src/MatrixClientPeg";
import { setLanguage } from "matrix-react-sdk/src/languageHandler";
import { setTheme } from "matrix-react-sdk/src/theme";
import AutoDiscoveryUtils from "matrix-react-sdk/src/utils/AutoDiscoveryUtils";
import MatrixChat from "matrix-react-sdk/src/components/structures/MatrixChat";

const NAME = "Element in the test";

class TestPlatform extends BasePlatform {
    public async getConfig(): Promise<any> {
        return SdkConfig.get();
    }
    public getDefaultDeviceDisplayName(): string {
        return NAME;
    }
    public getHumanReadableName(): string {
        return NAME;
    }
    public async requestNotificationPermission(): Promise<string> {
        return "denied";
    }
    public async getAppVersion(): Promise<string> {
        return "0.0.0";
    }
    public reload(): void {
        window.location.reload();
    }
}

/** Returns once downloads go through the media worker. */
async function startMediaWorker(): Promise<void> {
    navigator.serviceWorker.addEventListener("message", (event) =>
        event.ports[0].postMessage(MatrixClientPeg.get()?.getAccessToken() ?? ""),
    );
    await navigator.serviceWorker.register("media-worker.js");
    if (navigator.serviceWorker.controller) return;
    await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
}

/** The screen and its parameters as Element writes them after the `#`. */
function screen(): [string, Record<string, string>] {
    const [name, query] = window.location.hash.replace(/^#\/?/, "").split("?");
    return [name, Object.fromEntries(new URLSearchParams(query))];
}

export async function start(config: any): Promise<void> {
    PlatformPeg.set(new TestPlatform());
    await Promise.all([startMediaWorker(), setLanguage("en"), setTheme("light")]);
    const homeserver = config.default_server_config["m.homeserver"].base_url;
    SdkConfig.add({ validated_server_config: await AutoDiscoveryUtils.validateServerConfigWithStaticUrls(homeserver) });
    const [first, parameters] = screen();
    let chat: any = null;
    let shown = "";
    ReactDOM.render(
        <MatrixChat
            ref={(it: any) => (chat = it)}
            config={SdkConfig.get()}
            onNewScreen={(name: string) => (window.location.hash = shown = `#/${name}`)}
            realQueryParams={Object.fromEntries(new URLSearchParams(window.location.search))}
            startingFragmentQueryParams={parameters}
            initialScreenAfterLogin={{ screen: first, params: parameters }}
            onTokenLoginCompleted={() => window.history.replaceState(null, "", window.location.pathname)}
            defaultDeviceDisplayName={NAME}
        />,
        document.getElementById("matrixchat"),
    );
    // Only an address that somebody typed is news to the interface; its own it has shown already.
    window.addEventListener("hashchange", () => {
        if (window.location.hash !== shown) chat?.showScreen(...screen());
    });
}

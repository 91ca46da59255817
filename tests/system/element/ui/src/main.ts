// The settings must be in place before any other module of the interface is evaluated.
import SdkConfig from "matrix-react-sdk/src/SdkConfig";

async function main(): Promise<void> {
    const config = await (await fetch("config.json")).json();
    SdkConfig.put(config);
    const { start } = await import("./page");
    await start(config);
}

void main();

// Bundles Element Web's interface, as published in matrix-react-sdk, with the page in src/.
// The folder to write to is named by the environment, so that the source tree stays clean.
const path = require("node:path");
const { CopyRspackPlugin, CssExtractRspackPlugin, ProvidePlugin } = require("@rspack/core");

const sdk = path.dirname(require.resolve("matrix-react-sdk/package.json"));
const emit = { type: "asset/resource", generator: { filename: "files/[hash][ext]" } };

const strip = {
    loader: "builtin:swc-loader",
    options: {
        jsc: { parser: { syntax: "typescript", tsx: true, decorators: true }, transform: { legacyDecorator: true } },
        // The interface's modules import one another in circles and count on `const` becoming `var`.
        env: { targets: "chrome 120", include: ["transform-block-scoping"] },
    },
};
const icon = [
    { loader: "@svgr/webpack", options: { namedExport: "Icon", svgProps: { role: "presentation", "aria-hidden": true } } },
    { loader: "file-loader", options: { name: "files/[hash].[ext]", esModule: false } },
];
const style = [
    CssExtractRspackPlugin.loader,
    "css-loader",
    {
        loader: "postcss-loader",
        options: {
            postcssOptions: {
                parser: "postcss-scss",
                plugins: ["import", "mixins", "simple-vars", "nested", "easings", "hexrgba"].map((name) => `postcss-${name}`),
            },
        },
    },
];

module.exports = {
    mode: "development",
    devtool: false,
    entry: {
        page: "./src/main.ts",
        usercontent: "matrix-react-sdk/src/usercontent/index.ts",
        light: { import: "matrix-react-sdk/res/themes/light/css/light.pcss", filename: "light.unused.js" },
    },
    output: { path: process.env.VEDETTE_ELEMENT_SITE ?? path.resolve(__dirname, "build"), filename: "[name].js", publicPath: "auto" },
    resolve: {
        extensions: [".tsx", ".ts", ".mjs", ".js", ".json"],
        alias: {
            "$webapp/i18n/languages.json": path.resolve(__dirname, "public/i18n/languages.json"),
            // Two addresses stand in custom properties, which postcss-simple-vars leaves alone.
            "$(res)": path.join(sdk, "res"),
            // Voice messages are not driven here, and their worklet needs a bundler feature of its own.
            [path.join(sdk, "src/audio/RecorderWorklet")]: path.resolve(__dirname, "src/no-recorder.ts"),
        },
        fallback: { buffer: require.resolve("buffer/"), events: require.resolve("events/"), util: require.resolve("util/"), crypto: false, fs: false, path: false },
    },
    module: {
        rules: [
            { test: /\.tsx?$/, use: strip },
            // React 17 declares no exports, so its jsx-runtime is found only by a guessed extension.
            { test: /\.m?js$/, resolve: { fullySpecified: false } },
            { test: /opus-recorder.dist.*\.(js|wasm)$/, ...emit },
            { test: /\.svg$/, issuer: /\.[jt]sx?$/, use: icon, type: "javascript/auto" },
            { test: /\.svg$/, issuer: /\.p?css$/, ...emit },
            { test: /\.(png|gif|jpe?g|woff2?|ttf|mp3|ogg)$/, ...emit },
            { test: /\.p?css$/, use: style, type: "javascript/auto" },
        ],
    },
    plugins: [
        // Some of the interface's own dependencies were written for Node.js.
        new ProvidePlugin({ process: require.resolve("process/browser"), Buffer: ["buffer", "Buffer"] }),
        new CssExtractRspackPlugin({ filename: "[name].css" }),
        new CopyRspackPlugin({
            patterns: [
                { from: "public" },
                { from: path.join(sdk, "src/i18n/strings/en_EN.json"), to: "i18n/en_EN.json" },
                { from: path.join(sdk, "res/media"), to: "media" },
            ],
        }),
    ],
    performance: { hints: false },
};

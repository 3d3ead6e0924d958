import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin, type Rolldown } from "vite";
import { VitePWA } from "vite-plugin-pwa";

/**
 * Serves the manifest at one fixed address, so an installed till never meets a second manifest after an
 * update.
 */
function rootManifest(): Plugin {
  return {
    name: "guitai:root-manifest",
    apply: "build",
    generateBundle() {
      const source = readFileSync(new URL("manifest.webmanifest", import.meta.url), "utf8");
      this.emitFile({ type: "asset", fileName: "manifest.webmanifest", source });
    },
  };
}

/** Everything a page loads: its script, what that imports now or later, and the styles and files of each. */
function reachable(bundle: Rolldown.OutputBundle, entryName: string): Set<string> {
  const found = new Set<string>();
  const waiting = Object.values(bundle)
    .filter((file) => file.type === "chunk" && file.isEntry && file.name === entryName)
    .map((file) => file.fileName);
  for (let fileName = waiting.pop(); fileName !== undefined; fileName = waiting.pop()) {
    if (found.has(fileName)) continue;
    found.add(fileName);
    const file = bundle[fileName];
    if (file?.type !== "chunk") continue;
    waiting.push(...file.imports, ...file.dynamicImports);
    waiting.push(...(file.viteMetadata?.importedCss ?? []), ...(file.viteMetadata?.importedAssets ?? []));
  }
  return found;
}

/** What only the back office loads. A till does not keep it: the office is of no use without the server. */
const officeOnly = new Set<string>(["office.html"]);

function sortOfficeFromTill(): Plugin {
  return {
    name: "guitai:sort-office-from-till",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const till = reachable(bundle, "till");
      if (till.size === 0) this.error("the till's entry is missing: the precache would be empty");
      for (const fileName of reachable(bundle, "office")) if (!till.has(fileName)) officeOnly.add(fileName);
    },
  };
}

// What entries, the office and More name as the till's program (G2).
const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as {
  version: string;
};

export default defineConfig({
  define: { "import.meta.env.VITE_BUILD": JSON.stringify(version) },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  // Notes to a bundler that no later bundler reads; licences stay.
  worker: { format: "es", rolldownOptions: { output: { comments: { annotation: false } } } },
  resolve: {
    // Dexie's own entry brings a build for browsers of 2015; this one is of this decade and lighter by 2 kB.
    alias: { dexie: fileURLToPath(new URL("node_modules/dexie/dist/modern/dexie.mjs", import.meta.url)) },
  },
  build: {
    sourcemap: true,
    // The content security policy allows no data: address, so nothing may be folded into one.
    assetsInlineLimit: 0,
    // The polyfill would be one more script before the keypad; every browser a till runs on preloads by
    // itself.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { till: "index.html", office: "office.html" },
      output: { comments: { annotation: false } },
      // How long a plug-in takes is nothing that a shopkeeper who starts the server should have to read.
      checks: { bundlerTimings: false },
    },
  },
  plugins: [
    rootManifest(),
    sortOfficeFromTill(),
    VitePWA({
      strategies: "injectManifest",
      srcDir: "workers",
      filename: "service-worker.ts",
      injectRegister: false,
      manifest: false,
      injectManifest: {
        rollupFormat: "iife",
        sourcemap: true,
        globPatterns: ["index.html", "manifest.webmanifest", "assets/**", "icons/*"],
        globIgnores: ["**/*.map"],
        // The scanner's WebAssembly is the largest piece. Beyond this the build fails: a piece that is left
        // out would be missing exactly when the network is.
        maximumFileSizeToCacheInBytes: 3_000_000,
        manifestTransforms: [
          (entries) => ({ manifest: entries.filter((entry) => !officeOnly.has(entry.url)), warnings: [] }),
        ],
        // A name with a hash never changes its content; the browser need not ask again.
        dontCacheBustURLsMatching: /^assets\//u,
      },
    }),
  ],
});

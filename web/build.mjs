// build - makes dist/ of src/, lang/, public/ and index.html. The same sources give the same bytes.
//
//     node build.mjs [DIRECTORY]
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");
const common = { bundle: true, minify: true, absWorkingDir: here, target: ["chrome109", "firefox115", "safari16"], legalComments: "none", charset: "utf8",
	jsx: "automatic", jsxImportSource: "preact", logLevel: "warning" };

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const result = await build({ ...common, entryPoints: { main: "src/main.tsx", style: "src/style.css" }, outdir: join(out, "assets"), format: "esm", splitting: true,
	entryNames: "[name]-[hash]", chunkNames: "[name]-[hash]", assetNames: "[name]-[hash]", metafile: true });
const named = (entry) => {
	const file = Object.entries(result.metafile.outputs).find(([, o]) => o.entryPoint === entry)?.[0];
	return "/assets/" + file.split("/").pop();
};
cpSync(join(here, "public"), out, { recursive: true });
const page = readFileSync(join(here, "index.html"), "utf8").replace("{style}", named("src/style.css")).replace("{main}", named("src/main.tsx"));
writeFileSync(join(out, "index.html"), page);

const files = ["/", ...readdirSync(out).filter((f) => f !== "index.html" && f !== "assets").sort().map((f) => "/" + f),
	...readdirSync(join(out, "assets")).sort().map((f) => "/assets/" + f)];
const version = createHash("sha256");
for (const f of files) version.update(readFileSync(join(out, f === "/" ? "index.html" : f)));
await build({ ...common, entryPoints: ["src/sw.ts"], outfile: join(out, "sw.js"), format: "iife",
	define: { FILES: JSON.stringify(files), VERSION: JSON.stringify(version.digest("hex").slice(0, 12)) } });

// By brotli, where that is shorter by a tenth than by gzip: pictures are not. The server makes the forms by gzip itself, when it is built.
const packed = [];
for (const f of [...files.slice(1), "/index.html", "/sw.js"].filter((f, i, all) => all.indexOf(f) === i)) {
	const plain = readFileSync(join(out, f));
	const small = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } });
	if (small.length > gzipSync(plain, { level: 9 }).length * 0.9) continue;
	writeFileSync(join(out, f + ".br"), small);
	packed.push(f + ".br");
}

// The list by which meson builds them into burble.
const list = [...[...files.slice(1), ...packed].map((f) => f.slice(1)), "index.html", "sw.js"].filter((f, i, all) => all.indexOf(f) === i).sort();
writeFileSync(join(out, "meson.build"), `pages = files(\n${list.map((f) => `  '${f}',\n`).join("")})\n`);

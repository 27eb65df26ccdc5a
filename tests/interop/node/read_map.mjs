// zarrita over its reference store, by the protocol of ../clients/protocol.py.
//
// A map names local files by bare paths, which fetch does not take: they are given a made-up host here, and the store's
// fetch option reads the file. Nothing else of the map is touched.

import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import ReferenceStore from "@zarrita/storage/ref";
import * as zarr from "zarrita";

const HOST = "http://local.invalid";
const MAX_ELEMENTS = 8 << 20;
const MAX_CHUNKS = 5000;

function localFetch(request) {
  const url = new URL(request.url);
  if (url.origin !== HOST) throw new Error(`unexpected request to ${url.origin}`);
  const [, start, end] = /bytes=(\d+)-(\d+)/.exec(request.headers.get("Range")).map(Number);
  const file = fs.openSync(decodeURIComponent(url.pathname));
  const bytes = Buffer.alloc(end - start + 1);
  const read = fs.readSync(file, bytes, 0, bytes.length, start);
  fs.closeSync(file);
  return new Response(bytes.subarray(0, read), { status: 206 });
}

function localised(document) {
  const refs = {};
  for (const [key, value] of Object.entries(document.refs)) {
    const local = Array.isArray(value) && value[0].startsWith("/");
    refs[key] = local ? [HOST + value[0].split("/").map(encodeURIComponent).join("/"), value[1], value[2]] : value;
  }
  return { version: document.version, refs };
}

function arrayPaths(refs) {
  const found = [];
  for (const [key, value] of Object.entries(refs)) {
    const cut = key.lastIndexOf("/");
    const folder = cut < 0 ? "" : key.slice(0, cut);
    const name = key.slice(cut + 1);
    if (name === ".zarray" || (name === "zarr.json" && JSON.parse(value).node_type === "array")) found.push(folder);
  }
  return found;
}

function corner(shape, chunks) {
  let elements = MAX_ELEMENTS;
  let cells = MAX_CHUNKS;
  const picks = [];
  for (let k = shape.length - 1; k >= 0; k -= 1) {
    const take = Math.min(shape[k], Math.max(1, elements), cells * chunks[k]);
    elements = Math.floor(elements / take);
    cells = Math.max(1, Math.floor(cells / Math.ceil(take / chunks[k])));
    picks.push(take === shape[k] ? null : zarr.slice(0, take));
  }
  return picks.reverse();
}

function plain(value) {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "number" && !Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  if (ArrayBuffer.isView(value) || Array.isArray(value)) return Array.from(value, plain);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
  return value ?? null;
}

// Raw bytes in C order with the zarrita name of the type, or a flat list of values.
function storeArray(folder, number, type, chunk) {
  const data = chunk.data;
  const strides = [];
  let step = 1;
  for (const n of [...chunk.shape].reverse()) {
    strides.unshift(step);
    step *= n;
  }
  const ordered = chunk.shape.every((n, i) => n === 1 || chunk.stride[i] === strides[i]);
  if (!ordered) return { error: "the suite expects C order" };
  if (ArrayBuffer.isView(data)) {
    const name = `${number}.raw`;
    fs.writeFileSync(path.join(folder, name), Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    return { raw: name, type, shape: chunk.shape };
  }
  const values = [];
  for (const value of data) values.push(plain(value));
  return { flat: values, type, shape: chunk.shape };
}

async function readMap(request) {
  const document = JSON.parse(fs.readFileSync(request.map, "utf8"));
  const store = ReferenceStore.fromSpec(localised(document), { fetch: async (r) => localFetch(r) });
  const open = request.zarr_format === 3 ? zarr.open.v3 : zarr.open.v2;
  const root = zarr.root(store);
  const arrays = {};
  let number = 0;
  for (const name of arrayPaths(document.refs)) {
    number += 1;
    try {
      const array = await open(name ? root.resolve(name) : root, { kind: "array" });
      if (array.shape.length === 0) {
        const value = await zarr.get(array);
        arrays[name] = { flat: [plain(value)], type: array.dtype, shape: [], big: typeof value === "bigint" ? String(value) : undefined };
      } else if (array.shape.includes(0)) {
        // zarrita 0.7.5 throws "Input contains an empty iterator" where there is nothing to get.
        arrays[name] = { flat: [], type: array.dtype, shape: array.shape };
      } else {
        const entry = storeArray(request.out, number, array.dtype, await zarr.get(array, corner(array.shape, array.chunks)));
        arrays[name] = { ...entry, whole: array.shape };
      }
    } catch (error) {
      arrays[name] = { error: `${error.name}: ${error.message}`.slice(0, 300) };
    }
  }
  return { arrays };
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  fs.mkdirSync(request.out, { recursive: true });
  let index;
  try {
    index = await readMap(request);
  } catch (error) {
    index = { error: `${error.name}: ${error.message}`.slice(0, 300) };
  }
  fs.writeFileSync(path.join(request.out, "index.json"), JSON.stringify(index));
  process.stdout.write(JSON.stringify({ done: request.map }) + "\n");
}

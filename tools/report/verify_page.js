"use strict";
// Opens a certificate, has the module below judge it, and shows what it says. Text from certificates
// only ever becomes text: nothing here builds markup from it.
const WASM_BASE64 = "/*WASM*/";
const FILE_MAX = 64 * 1024 * 1024;

const byId = id => document.getElementById(id);

function element(name, options = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(options)) {
        if (key === "text") { made.textContent = value; } else { made.setAttribute(key, value); }
    }
    made.append(...children.filter(child => child !== null));
    return made;
}

// ---- the module ----

class Refused extends Error {}

// What wasi-libc asks for and never needs here: output is dropped, an exit is an error.
function imports(module) {
    const table = {};
    for (const wanted of WebAssembly.Module.imports(module)) {
        table[wanted.name] = wanted.name === "proc_exit"
            ? () => { throw new Refused("the verifier ran out of memory"); }
            : () => 8;
    }
    return { wasi_snapshot_preview1: table };
}

let compiled = null;

async function instance() {
    if (compiled === null) {
        const bytes = Uint8Array.from(atob(WASM_BASE64), c => c.charCodeAt(0));
        compiled = WebAssembly.compile(bytes);
    }
    const module = await compiled;
    const made = await WebAssembly.instantiate(module, imports(module));
    made.exports._initialize();
    return made.exports;
}

function put(wasm, bytes) {
    const at = wasm.take(bytes.length || 1);
    if (at === 0) { throw new Refused("there is not enough memory for this file"); }
    new Uint8Array(wasm.memory.buffer, at, bytes.length).set(bytes);
    return at;
}

function textAt(wasm, at, size) {
    return new TextDecoder().decode(new Uint8Array(wasm.memory.buffer, at, size));
}

// The zlib stream, which must give exactly the promised bytes; stops as soon as it gives more.
async function inflate(stream, promised) {
    const reader = new Blob([stream]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
    const whole = new Uint8Array(promised);
    let size = 0;
    for (;;) {
        const { done, value } = await reader.read();
        if (done) { break; }
        if (size + value.length > promised) { await reader.cancel(); throw new Refused("it unpacks to more than it promises"); }
        whole.set(value, size);
        size += value.length;
    }
    if (size !== promised) { throw new Refused("it unpacks to less than it promises"); }
    return whole;
}

async function unpack(wasm, file) {
    if (file.length >= 4 && new TextDecoder("latin1").decode(file.subarray(0, 4)) === "PLCT") { return file; }
    const at = put(wasm, file);
    const start = wasm.packed(at, file.length);
    const promised = start === 0 ? 0 : wasm.promised(at, file.length);
    wasm.give(at);
    if (start === 0) { throw new Refused("this is no certificate, or it is damaged"); }
    try {
        return await inflate(file.subarray(start), promised);
    } catch (problem) {
        throw problem instanceof Refused ? problem : new Refused("its packed bytes are damaged");
    }
}

// A fresh module for each file, so that nothing of one reaches the next.
async function verify(file) {
    if (file.length > FILE_MAX) { throw new Refused("this file is too large to be a certificate"); }
    const wasm = await instance();
    const certificate = await unpack(wasm, file);
    const at = put(wasm, certificate);
    const start = performance.now();
    wasm.verify(at, certificate.length);
    const milliseconds = performance.now() - start;
    const json = textAt(wasm, wasm.json(), wasm.json_size());
    return { json, text: textAt(wasm, wasm.text(), wasm.text_size()), milliseconds, packed: file.length };
}

// ---- showing ----

function row(...cells) {
    return element("tr", {}, ...cells.map(cell => cell instanceof Node ? cell : element("td", { text: cell })));
}

function table(heads, rows) {
    const body = element("tbody", {}, ...rows);
    const head = element("thead", {}, element("tr", {}, ...heads.map(text => element("th", { text, scope: "col" }))));
    return element("div", { class: "scroll" }, element("table", {}, head, body));
}

function pairs(values) {
    return Object.entries(values || {}).map(([key, value]) => `${key} ${value}`).join(", ");
}

function showVerdict(facts, told) {
    const heading = facts.true ? "True" : "Refused";
    const sentence = facts.true ? facts.claim : `Step ${facts.ended_at}: ${facts.status}: ${facts.sentence}`;
    return element("div", { class: `verdict ${facts.true ? "true" : "refused"}`, role: "status", id: "verdict" },
        element("strong", { text: heading }), element("p", { text: sentence }),
        element("p", { class: "soft", text: `${told.packed} bytes, ${facts.bytes} unpacked, verified in ${told.milliseconds.toFixed(1)} ms` }));
}

function showSteps(facts) {
    return [element("h2", { text: "What was checked" }),
        table(["", "step", "what"], facts.steps.map(step => row(
            element("td", { class: `mark ${step.passed ? "passed" : "refused"}`, text: step.passed ? "passed" : "refused" }),
            step.step, step.what)))];
}

function healthFactors(facts) {
    return (facts.views || []).map(view => ({ moment: view.moment, value: Number(view.result.health_factor ?? view.result.hf) }))
        .filter(point => Number.isFinite(point.value) && point.value < 1e6);
}

const SVG = "http://www.w3.org/2000/svg";

function drawn(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) { made.setAttribute(key, value); }
    if (text !== undefined) { made.textContent = text; }
    return made;
}

// The load line: health factors as marks above or below the line at 1.
function showLine(facts) {
    const points = healthFactors(facts);
    if (points.length === 0) { return []; }
    const reach = Math.max(0.02, ...points.map(point => Math.abs(point.value - 1))) * 1.25;
    const width = 720, height = 210, middle = 105;
    const y = value => middle - (value - 1) / reach * 80;
    const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img",
        "aria-label": points.map(point => `${point.moment}: health factor ${point.value}`).join("; ") });
    svg.append(drawn("rect", { x: 0, y: middle, width, height: height - middle, fill: "var(--sea)" }));
    svg.append(drawn("line", { x1: 0, x2: width, y1: middle, y2: middle, stroke: "var(--sea-ink)", "stroke-width": 2 }));
    svg.append(drawn("text", { x: 8, y: middle - 6, fill: "var(--sea-ink)", "font-size": 13 }, "the line: health factor 1"));
    points.forEach((point, i) => {
        const x = width * (i + 1) / (points.length + 1) + 60;
        const below = point.value < 1;
        svg.append(drawn("circle", { cx: x, cy: y(point.value), r: 7, fill: below ? "var(--bad)" : "var(--good)" }));
        svg.append(drawn("text", { x, y: y(point.value) - 12, "text-anchor": "middle", fill: "var(--ink)", "font-size": 14 }, point.value.toFixed(4)));
        svg.append(drawn("text", { x, y: height - 8, "text-anchor": "middle", fill: "var(--soft)", "font-size": 12 }, point.moment));
    });
    return [element("h2", { text: "Health before and after" }), svg];
}

function showPrices(facts) {
    if (!facts.prices || facts.prices.length === 0) { return []; }
    const rows = facts.prices.map(price => {
        const who = price.signed_by ? `${price.signed_by.length} signed, quorum ${price.quorum} of ${price.signers_known}` : "";
        const cell = element("td", {}, element("div", { text: `by ${price.proved_by}` }),
            element("div", { class: "soft", text: `${price.format}${price.note ? "; " + price.note : ""}` }));
        if (who) {
            cell.append(element("details", {}, element("summary", { text: who }),
                ...price.signed_by.map(signer => element("div", { class: "mono", text: signer }))));
        }
        return row(price.feed, element("td", { class: "mono", text: price.price }), price.time,
            `${price.round}, block ${price.accepted_in_block}`, cell);
    });
    return [element("h2", { text: "Prices that were read" }), table(["feed", "price", "of", "round, accepted", "proved"], rows)];
}

function showViews(facts) {
    if (!facts.views || facts.views.length === 0) { return []; }
    const rows = facts.views.map(view => row(view.moment, element("td", { class: "mono", text: `${view.view}(${pairs(view.arguments)})` }),
        element("td", { class: "mono", text: view.status === "OK" ? pairs(view.result) : view.status })));
    return [element("h2", { text: "What the contracts answer" }), table(["moment", "view", "answer"], rows)];
}

function showTransactions(facts) {
    if (!facts.transactions || facts.transactions.length === 0) { return []; }
    const parts = facts.transactions.map(one => element("details", { open: "" },
        element("summary", { text: `${one.transaction}: ${one.call} by ${one.caller}: ${one.status}` }),
        element("div", { class: "mono", text: pairs(one.arguments) }),
        one.error ? element("div", { class: "mono", text: `refused: ${one.error}(${pairs(one.error_arguments)})` }) : null,
        ...one.events.map(event => element("div", { class: "mono", text: `${event.event}: ${pairs(event.arguments)}` }))));
    return [element("h2", { text: "Transactions of the block" }), ...parts];
}

function showIdentity(facts) {
    if (!facts.world || !facts.block) { return []; }
    const hash = (what, value, note = "") => row(what, element("td", { class: "mono", text: value }), note);
    const rows = [hash("world", facts.world.id, facts.world.name),
        ...facts.world.contracts.map(contract => hash("code", contract.code, contract.name)),
        hash(`block ${facts.block.height}`, facts.block.hash, facts.block.time)];
    if (facts.block.path_to !== undefined && facts.block.path_to !== facts.block.height) {
        rows.push(hash(`block ${facts.block.path_to}`, facts.block.path_to_hash, "end of the header path"));
    }
    rows.push(hash("root before", facts.block.root_before), hash("root after", facts.block.root_after),
        hash("certificate", facts.certificate));
    return [element("h2", { text: "To be compared with what you know of this chain" }), table(["", "hash", ""], rows)];
}

function showRefusal(message) {
    return element("div", { class: "verdict refused", role: "status", id: "verdict" },
        element("strong", { text: "Refused" }), element("p", { text: message }));
}

function show(told) {
    const facts = JSON.parse(told.json);
    const raw = element("details", {}, element("summary", { text: "All of it as JSON" }), element("pre", { class: "mono", id: "json", text: told.json }));
    byId("out").replaceChildren(showVerdict(facts, told), ...showSteps(facts), ...showLine(facts), ...showPrices(facts),
        ...showViews(facts), ...showTransactions(facts), ...showIdentity(facts), raw);
}

// ---- opening ----

let asked = 0;

async function open(file) {
    const number = ++asked;
    byId("out").replaceChildren(element("p", { class: "soft", text: "Verifying…" }));
    byId("ask").textContent = file.name;
    try {
        if (file.size > FILE_MAX) { throw new Refused("this file is too large to be a certificate"); }
        const told = await verify(new Uint8Array(await file.arrayBuffer()));
        if (number === asked) { show(told); }
    } catch (problem) {
        if (number === asked) {
            byId("out").replaceChildren(showRefusal(problem instanceof Refused
                ? `${problem.message[0].toUpperCase()}${problem.message.slice(1)}.`
                : "The verifier could not finish with this file."));
        }
    }
    document.documentElement.dataset.done = String(number);
}

byId("file").addEventListener("change", event => {
    if (event.target.files.length > 0) { open(event.target.files[0]); }
    event.target.value = "";
});
const drop = byId("drop");
for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, event => { event.preventDefault(); drop.classList.add("over"); });
}
document.addEventListener("dragleave", event => { if (event.relatedTarget === null) { drop.classList.remove("over"); } });
document.addEventListener("drop", event => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files.length > 0) { open(event.dataTransfer.files[0]); }
});

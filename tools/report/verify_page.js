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
class Undecided extends Error {}

// Statuses from here on say something about this machine, nothing about the certificate.
const FAULT_FIRST = 900;

// What wasi-libc asks for and never needs here: output is dropped, an exit is an error.
function imports(module) {
    const table = {};
    for (const wanted of WebAssembly.Module.imports(module)) {
        table[wanted.name] = wanted.name === "proc_exit"
            ? () => { throw new Undecided("the verifier ran out of memory"); }
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
    if (at === 0) { throw new Undecided("there is not enough memory for this file"); }
    new Uint8Array(wasm.memory.buffer, at, bytes.length).set(bytes);
    return at;
}

function textAt(wasm, at, size) {
    return new TextDecoder().decode(new Uint8Array(wasm.memory.buffer, at, size));
}

// The zlib stream, which must give exactly the promised bytes; stops as soon as it gives more.
async function inflate(stream, promised) {
    if (typeof DecompressionStream === "undefined") {
        throw new Undecided("this browser cannot unpack; open it in a newer one, or use plim verify");
    }
    const reader = new Blob([stream]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
    const whole = new Uint8Array(promised);
    let size = 0;
    for (;;) {
        const { done, value } = await reader.read();
        if (done) { break; }
        if (size + value.length > promised) {
            await reader.cancel();
            throw new Refused("it unpacks to more than it promises");
        }
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
        throw problem instanceof Refused || problem instanceof Undecided ? problem
            : new Refused("its packed bytes are damaged");
    }
}

// A fresh module for each file, so that nothing of one reaches the next.
async function verify(file) {
    if (file.length > FILE_MAX) { throw new Refused("this file is too large to be a certificate"); }
    const wasm = await instance();
    const certificate = await unpack(wasm, file);
    const at = put(wasm, certificate);
    const start = performance.now();
    const status = wasm.verify(at, certificate.length);
    const milliseconds = performance.now() - start;
    const json = textAt(wasm, wasm.json(), wasm.json_size());
    return { json, status, milliseconds, packed: file.length };
}

// ---- showing ----

function cell(text, kind = "", ...children) {
    return element("td", { text, class: kind }, ...children);
}

// heads: what each column is called, "number" behind it where it holds numbers. wide: cards on a narrow page.
function table(heads, rows, kind = "wide") {
    const names = heads.map(head => head.replace(/ number$/, ""));
    const head = element("tr", {}, ...heads.map((name, i) =>
        element("th", { text: names[i], scope: "col", class: name === names[i] ? "" : "number" })));
    for (const row of rows) {
        [...row.children].forEach((made, i) => { made.dataset.head = names[i]; });
    }
    return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": names.filter(Boolean).join(", ") },
        element("table", { class: kind }, element("thead", {}, head), element("tbody", {}, ...rows)));
}

function section(title, ...parts) {
    return [element("h2", { text: title }), ...parts];
}

function pairs(values) {
    return Object.entries(values || {}).map(([key, value]) => `${key} ${value}`).join(", ");
}

function verdictBox(kind, heading, sentence, soft) {
    return element("div", { class: `verdict ${kind}`, role: "status", id: "verdict" }, element("strong", { text: heading }),
        element("p", { text: sentence }), soft ? element("p", { class: "soft", text: soft }) : null);
}

function showVerdict(facts, told) {
    const soft = `${told.packed} bytes, ${facts.bytes} unpacked; verified in ${told.milliseconds.toFixed(1)} ms`;
    const why = `Step ${facts.ended_at}: ${facts.status}: ${facts.sentence}.`;
    if (facts.true) { return verdictBox("true", "True", facts.claim, soft); }
    return told.status >= FAULT_FIRST ? verdictBox("open", "Not decided", why, soft) : verdictBox("refused", "Refused", why, soft);
}

function showSteps(facts, told) {
    const other = told.status >= FAULT_FIRST ? "open" : "refused";
    const rows = facts.steps.map(step => element("tr", {},
        cell(step.passed ? "passed" : other, `mark ${step.passed ? "passed" : other}`), cell(step.step), cell(step.what)));
    return section("What was checked", table(["", "step", "what"], rows, ""));
}

// ---- the load line ----

const SVG = "http://www.w3.org/2000/svg";
const POINTS_MAX = 6;

function drawn(name, attributes, text = "") {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) { made.setAttribute(key, value); }
    made.textContent = text;
    return made;
}

function healthFactors(facts) {
    return (facts.views || []).map(view => ({ moment: view.moment, value: Number(view.result.health_factor ?? view.result.hf) }))
        .filter(point => Number.isFinite(point.value) && point.value < 1e6);
}

// "before transaction 0" in two lines, so that neighbours keep apart.
function momentLines(moment) {
    const space = moment.indexOf(" ");
    return space < 0 ? [moment, ""] : [moment.slice(0, space), moment.slice(space + 1)];
}

// Health factors as marks above or below the line at 1. Each figure stands on the far side of the line from its
// mark, the moments below everything, so that nothing lies on anything.
function drawLine(points, width) {
    const above = 100, below = 100, words = 44, gutter = 26, middle = above;
    const reach = Math.max(0.005, ...points.map(point => Math.abs(point.value - 1)));
    const y = value => middle - (value - 1) / reach * 58;
    const svg = drawn("svg", { viewBox: `0 0 ${width} ${above + below + words}`, role: "img",
        "aria-label": points.map(point => `${point.moment}: health factor ${point.value}`).join("; ") });
    svg.append(drawn("rect", { x: 0, y: middle, width, height: below, fill: "var(--sea)" }),
        drawn("line", { x1: 0, x2: width, y1: middle, y2: middle, stroke: "var(--sea-ink)", "stroke-width": 2 }),
        drawn("text", { x: 8, y: middle - 7, fill: "var(--sea-ink)", "font-size": 14, "font-weight": 600 }, "1"));
    const place = i => gutter + (width - gutter) * (i + 0.5) / points.length;
    svg.append(drawn("polyline", { points: points.map((point, i) => `${place(i)},${y(point.value)}`).join(" "), fill: "none",
        stroke: "var(--soft)", "stroke-width": 1.5, "stroke-dasharray": "2 4" }));
    points.forEach((point, i) => {
        const isBelow = point.value < 1;
        svg.append(drawn("circle", { cx: place(i), cy: y(point.value), r: 6, fill: isBelow ? "var(--bad)" : "var(--good)" }),
            drawn("text", { x: place(i), y: y(point.value) + (isBelow ? 24 : -14), "text-anchor": "middle", fill: "var(--ink)",
                "font-size": 14 }, point.value.toFixed(4)));
        momentLines(point.moment).forEach((line, n) => svg.append(drawn("text", { x: place(i), y: above + below + 17 + 16 * n,
            "text-anchor": "middle", fill: "var(--soft)", "font-size": 12.5 }, line)));
    });
    return svg;
}

function showLine(facts) {
    const all = healthFactors(facts), points = all.slice(0, POINTS_MAX);
    if (points.length === 0) { return []; }
    const holder = element("div", {});
    new ResizeObserver(() => {
        holder.replaceChildren(drawLine(points, Math.max(300, Math.min(holder.clientWidth, 900))));
    }).observe(holder);
    return section("Health before and after", element("p", { class: "soft", text: "Below a health factor of 1 an account can be liquidated."
        + (all.length > points.length ? ` The first ${points.length} of ${all.length} answers.` : "") }), holder);
}

// ---- prices, answers, transactions, hashes ----

function priceRow(price) {
    const proof = element("div", {}, element("div", { text: `by ${price.proved_by}` }),
        element("div", { class: "soft", text: `${price.format}${price.note ? "; " + price.note : ""}` }));
    if (price.signed_by) {
        proof.append(element("details", {},
            element("summary", { text: `${price.signed_by.length} signed, quorum ${price.quorum} of ${price.signers_known}` }),
            ...price.signed_by.map(signer => element("div", { class: "mono hash", text: signer }))));
    }
    const accepted = element("div", {}, element("div", { text: price.time }),
        element("div", { class: "soft", text: `round ${price.round}, accepted in block ${price.accepted_in_block}` }));
    return element("tr", {}, cell(price.feed, "name bare"), cell(price.price, "number"), element("td", {}, accepted),
        element("td", {}, proof));
}

function showPrices(facts) {
    if (!facts.prices || facts.prices.length === 0) { return []; }
    return section("Prices that were read", table(["feed", "price number", "of", "proved"], facts.prices.map(priceRow)));
}

// One table for each question: its answers side by side, a column for each moment.
function answers(views) {
    const keys = [...new Set(views.flatMap(view => view.status === "OK" ? Object.keys(view.result) : ["status"]))];
    const rows = keys.map(key => element("tr", {}, element("th", { text: key, scope: "row" }),
        ...views.map(view => cell(view.status === "OK" ? view.result[key] ?? "" : key === "status" ? view.status : "", "number"))));
    return table(["", ...views.map(view => `${view.moment} number`)], rows, "wide answers");
}

function showViews(facts) {
    if (!facts.views || facts.views.length === 0) { return []; }
    const questions = new Map();
    for (const view of facts.views) {
        const question = `${view.view}(${pairs(view.arguments)})`;
        questions.set(question, [...(questions.get(question) || []), view]);
    }
    return section("What the contracts answer", ...[...questions].flatMap(([question, views]) =>
        [element("h3", { class: "mono hash", text: question }), answers(views)]));
}

function showTransactions(facts) {
    if (!facts.transactions || facts.transactions.length === 0) { return []; }
    const line = (name, values) => element("div", { class: "event" }, element("div", { text: name }),
        element("div", { class: "mono soft", text: pairs(values) }));
    return section("Transactions of the block", ...facts.transactions.map(one => element("details", { open: "" },
        element("summary", { text: `${one.transaction}: ${one.call} by ${one.caller}: ${one.status}` }),
        element("div", { class: "event mono soft", text: pairs(one.arguments) }),
        one.error ? line(`refused: ${one.error}`, one.error_arguments) : null,
        ...one.events.map(event => line(event.event, event.arguments)))));
}

function showIdentity(facts) {
    if (!facts.world || !facts.block) { return []; }
    const hash = (what, value, note = "") => element("tr", {}, cell(what, "name bare"), cell(value, "mono hash"), cell(note));
    const rows = [hash("world", facts.world.id, facts.world.name),
        ...facts.world.contracts.map(contract => hash("code", contract.code, contract.name)),
        hash(`block ${facts.block.height}`, facts.block.hash, facts.block.time)];
    if (facts.block.path_to !== undefined && facts.block.path_to !== facts.block.height) {
        rows.push(hash(`block ${facts.block.path_to}`, facts.block.path_to_hash, "end of the header path"));
    }
    rows.push(hash("root before", facts.block.root_before));
    if (facts.true) { rows.push(hash("root after", facts.block.root_after), hash("certificate", facts.certificate)); }
    return section("To be compared with what you know of this chain", table(["", "hash", "of"], rows));
}

function show(told) {
    const facts = JSON.parse(told.json);
    const raw = element("details", {}, element("summary", { text: "All of it as JSON" }),
        element("pre", { class: "mono", id: "json", text: told.json }));
    byId("out").replaceChildren(showVerdict(facts, told), ...showSteps(facts, told), ...showLine(facts), ...showPrices(facts),
        ...showViews(facts), ...showTransactions(facts), ...showIdentity(facts), raw);
}

function showProblem(problem) {
    const known = problem instanceof Refused || problem instanceof Undecided;
    const message = known ? problem.message : "the verifier could not finish with this file";
    const sentence = `${message[0].toUpperCase()}${message.slice(1)}.`;
    byId("out").replaceChildren(problem instanceof Refused ? verdictBox("refused", "Refused", sentence)
        : verdictBox("open", "Not decided", sentence));
}

// ---- opening ----

let asked = 0;

async function open(file) {
    const number = ++asked;
    byId("out").replaceChildren(element("p", { class: "soft", text: "Verifying…" }));
    byId("ask").textContent = file.name;
    byId("hint").textContent = "Drop or choose another one to verify it.";
    try {
        if (file.size > FILE_MAX) { throw new Refused("this file is too large to be a certificate"); }
        const told = await verify(new Uint8Array(await file.arrayBuffer()));
        if (number === asked) { show(told); }
    } catch (problem) {
        if (number === asked) { showProblem(problem); }
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

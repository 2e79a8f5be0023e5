// The yardsticks of health.plim and kernels.plim, the same formulas as Solidity under EVMs that npm
// publishes, and native C: equal words first, then nanoseconds for one operation.
//
//   node bench.mjs WORKER HEALTH.PLIM KERNELS.PLIM [--rows] [--check] [--repeats N]
//
// A figure is a slope: (time of many rounds - time of few) / extra rounds, in processor time of the
// process that computes, the contenders in turn, in the other direction in every second round, the
// median of N (7). --check compares only; --rows prints the rows of tests/bench/run.py. Every
// answer that is timed is compared, too. "~": the slopes of that cell differ more than twofold.
import { cpus, loadavg } from "node:os";
import { ACCOUNTS, MORE_FACTORS, makeInputs } from "./inputs.mjs";
import { compile, solcVersion } from "./solidity.mjs";
import { anvil, edr, ethereumjs, killChildren, startWorker, stopChildren } from "./contenders.mjs";

const TARGET_NS = 50e6; // of one timed run
const ROUNDS_MAX = 2 ** 31;
const CHECK_ROUNDS = [1, 2, 53, 300];

const loop = (name, title, long, solidity, values = (rounds) => [rounds]) =>
    ({ name, title, long, solidity, values, state: false });
const CASES = [
    ...[1, 4, 16].map((count) => loop(`hf${count}`, `HF${count}`,
        `health check of ${count}, in memory`, "kernel", (rounds) => [count, rounds])),
    loop("liquidation", "liq", "liquidation amounts", "liquidation"),
    loop("muldiv", "muldiv", "muldiv, 512 bits", "muldiv512",
         (rounds, inputs) => [...inputs.factors, rounds]),
    loop("loop", "loop", "loop, acc += i ^ (acc >> 1)", "loopShift"),
    ...[1, 4, 16].map((count) => ({
        name: `state${count}`, title: `state HF${count}`,
        long: `health check of ${count}, from state`,
        solidity: "sweep", state: true, values: (accounts) => [count, 0, accounts],
    })),
];
const COMPARED = [
    "the same formula, roundings and order of reads; overflow checked, gas counted on both sides",
    `Solidity by solc ${solcVersion}, optimizer on, 1000000 runs, the faster of two pipelines`,
    "calls, decoding and the node around an EVM cost once a call and are not in a slope",
    "processor time of the process that computes; nothing leaves the loopback interface",
];

function readOptions(argv) {
    const options = { files: [], rows: false, check: false, repeats: 7 };
    for (let i = 0; i < argv.length; i++) {
        if (argv[i] === "--rows" || argv[i] === "--check") {
            options[argv[i].slice(2)] = true;
        } else if (argv[i] === "--repeats") {
            options.repeats = Number(argv[++i]);
        } else {
            options.files.push(argv[i]);
        }
    }
    if (options.files.length !== 3 || !(options.repeats >= 7)) {
        throw new Error("usage: bench.mjs WORKER HEALTH.PLIM KERNELS.PLIM " +
                        "[--rows] [--check] [--repeats N]");
    }
    return options;
}

/** Between two values on the line between them. */
const quantile = (values, share) => {
    const sorted = [...values].sort((a, b) => a - b);
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
};
const median = (values) => quantile(values, 0.5);
const spread = (values) => ({ low: quantile(values, 0.25), median: median(values),
                              high: quantile(values, 0.75), rounds: values.length });

// ---- equal words ------------------------------------------------------------------------------

/** Compares answers with those of native C, which are asked for once. */
function makeJudge(native, inputs) {
    const known = new Map();
    return async (contender, test, rounds, pipeline, answer) => {
        const key = `${test.name} ${rounds} ${inputs.factors}`;
        if (!known.has(key)) {
            known.set(key, (await native.run(test, rounds, 1, "")).answer);
        }
        if (answer !== known.get(key)) {
            throw new Error(`${contender.name} ${pipeline}: ${test.title}, ${rounds} rounds: ` +
                `0x${answer.toString(16)}, native C gives 0x${known.get(key).toString(16)}`);
        }
    };
}

async function checkCase(contenders, test, judge) {
    let compared = 0;
    for (const rounds of test.state ? [1, 7, ACCOUNTS] : CHECK_ROUNDS) {
        for (const contender of contenders) {
            for (const pipeline of contender.pipelines) {
                const { answer } = await contender.run(test, rounds, 1, pipeline);
                await judge(contender, test, rounds, pipeline, answer);
                compared++;
            }
        }
    }
    return compared;
}

async function checkAll(contenders, inputs, judge) {
    let compared = 0;
    for (const test of CASES) {
        compared += await checkCase(contenders, test, judge);
    }
    const timed = inputs.factors;
    const muldiv = CASES.find((test) => test.name === "muldiv");
    for (inputs.factors of MORE_FACTORS) {
        compared += await checkCase(contenders, muldiv, judge);
    }
    inputs.factors = timed;
    return compared;
}

// ---- slopes -----------------------------------------------------------------------------------

/** Rounds and calls of the longer run that take about TARGET_NS. */
async function calibrate(contender, test, pipeline) {
    let amount = test.state ? 1 : 16;
    for (;;) {
        const [rounds, calls] = test.state ? [ACCOUNTS, amount] : [amount, 1];
        const { ns } = await contender.run(test, rounds, calls, pipeline);
        if (ns >= TARGET_NS / 2 || amount * 2 > ROUNDS_MAX) {
            return { rounds, calls, pipeline };
        }
        amount = Math.ceil(amount * Math.min(8, Math.max(2, TARGET_NS / Math.max(ns, 1))));
    }
}

async function slope(contender, test, plan, judge) {
    const few = Math.ceil(plan.rounds / (test.state ? 4 : 16));
    const short = await contender.run(test, few, plan.calls, plan.pipeline);
    const long = await contender.run(test, plan.rounds, plan.calls, plan.pipeline);
    await judge(contender, test, plan.rounds, plan.pipeline, long.answer);
    return (long.ns - short.ns) / ((plan.rounds - few) * plan.calls);
}

/** The pipeline whose code is faster here, and how much it is to run. */
async function choosePlan(contender, test, judge) {
    let best;
    for (const pipeline of contender.pipelines) {
        const plan = await calibrate(contender, test, pipeline);
        const slopes = [];
        for (let i = 0; i < (contender.pipelines.length > 1 ? 3 : 1); i++) {
            slopes.push(await slope(contender, test, plan, judge));
        }
        plan.ns = median(slopes);
        best = best && best.ns <= plan.ns ? best : plan;
    }
    return best;
}

async function measureCase(contenders, test, judge, repeats) {
    const plans = [];
    for (const contender of contenders) {
        plans.push(await choosePlan(contender, test, judge));
    }
    const slopes = contenders.map(() => []);
    for (let repeat = 0; repeat < repeats; repeat++) {
        for (let turn = 0; turn < contenders.length; turn++) {
            const i = repeat % 2 === 0 ? turn : contenders.length - 1 - turn;
            slopes[i].push(await slope(contenders[i], test, plans[i], judge));
        }
    }
    return contenders.map((contender, i) => ({
        contender: contender.name, version: contender.version, case: test.title,
        long: test.long, value: spread(slopes[i]), yardstick: spread(slopes[0]),
        ratio: spread(slopes[i].map((ns, round) => ns / slopes[0][round])),
        scattered: Math.max(...slopes[i]) > 2 * Math.min(...slopes[i]), pipeline: plans[i].pipeline,
    }));
}

// ---- the table --------------------------------------------------------------------------------

const figure = (x) => x >= 1000 ? x.toFixed(0) : x.toPrecision(3);

function printTable(contenders, rows) {
    const line = (name, version, cells) => console.log(
        name.padEnd(19) + version.padEnd(11) + cells.map((c) => c.padStart(11)).join(""));
    const cells = (contender, value) => CASES.map((test) => value(
        rows.find((row) => row.contender === contender.name && row.case === test.title)));
    const ns = (row) => (row.scattered ? "~" : "") + figure(row.value.median);
    for (const [head, value] of [["ns per operation", ns],
                                 ["times the machine", (row) => figure(row.ratio.median)]]) {
        line(head, "", CASES.map((test) => test.title));
        for (const contender of contenders) {
            line(contender.name, contender.version, cells(contender, value));
        }
        console.log("");
    }
}

/** One row as tests/bench/run.py reads it; the machine is the yardstick of the others. */
function printRow(row, machine) {
    const version = row.version === "this tree" ? "" : ` ${row.version}`;
    const told = { name: `${row.long}: ${row.contender}${version}`, unit: "ns", value: row.value,
                   pipeline: row.pipeline };
    console.log(JSON.stringify(row.contender === machine ? told : {
        ...told, against: machine, yardstick: row.yardstick, ratio: row.ratio }));
}

async function openContenders(files, inputs) {
    const compiled = compile()
    const [machine, native] = await startWorker(files[0], files.slice(1), inputs);
    const contenders = [machine, native];
    for (const open of [anvil, edr, ethereumjs]) {
        try {
            contenders.push(await open(compiled, inputs))
        } catch (error) {
            console.error(`bench-evm: without ${open.name}: ${error.message}`);
        }
    }
    if (contenders.length === 2) {
        throw new Error("no EVM could be started");
    }
    return contenders;
}

async function main() {
    const options = readOptions(process.argv.slice(2));
    const inputs = makeInputs();
    const contenders = await openContenders(options.files, inputs);
    const judge = makeJudge(contenders[1], inputs);
    const compared = await checkAll(contenders, inputs, judge);
    const names = contenders.map((c) => c.name).join(", ");
    console.error(`bench-evm: ${compared} answers equal: ${names}`);
    if (options.check) {
        return;
    }
    const rows = [];
    COMPARED.forEach((line) => console.error(`bench-evm: note: ${line}`));
    for (const test of CASES) {
        const made = await measureCase(contenders, test, judge, options.repeats);
        rows.push(...made);
        if (options.rows) {
            made.forEach((row) => printRow(row, contenders[0].name));
        }
    }
    if (!options.rows) {
        console.log(`${cpus()[0]?.model ?? ""}, ${cpus().length} cores, load ` +
            `${loadavg()[0].toFixed(1)}; node ${process.version}; medians of ${options.repeats} ` +
            "slopes, contenders in turn");
        printTable(contenders, rows);
    }
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => process.exit(130));
}
process.on("exit", killChildren);
let failed = 0;
main().catch((error) => {
    console.error(`bench-evm: ${error.message}`);
    failed = 1;
}).finally(stopChildren).then(() => process.exit(failed)); // EDR's threads would not let it end

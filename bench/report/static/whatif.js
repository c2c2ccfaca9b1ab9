// "My service" on a run's page: bench/analysis/whatif.py and bench/report/service.py once more, with the same words and digits.
// tests/report/whatif.json holds what both must say. Without scripts the page shows the usual service and a table of others.
"use strict";

const whatIf = (() => {
  const BUSY = 0.9, STEPS = 60, ALIKE = 1.15, MINE = 0.8, IDLE = 0.5, FULL = 0.995, BLANK = "–";

  function between(points, flows, logs) {
    if (flows <= points[0][0]) return points[0][1];
    for (let i = 1; i < points.length; i++) {
      const [low, a] = points[i - 1], [high, b] = points[i];
      if (flows <= high) {
        const share = Math.log(flows / low) / Math.log(high / low);
        return logs ? a * (b / a) ** share : a + (b - a) * share;
      }
    }
    return points.at(-1)[1];
  }

  const outside = (curve, flows) =>
    flows < curve.demand[0][0] ? "fewer" : flows > curve.demand.at(-1)[0] ? "more" : "";
  const atOnce = (curve) => curve.at_once ?? Infinity;

  function need(curve, service, flows) {
    const demand = between(curve.demand, flows, true) + service.own;
    return (Math.min(flows, atOnce(curve)) * demand) / (service.wait + demand);
  }

  function fullCore(curve, service) {
    const known = curve.demand.map(([n]) => n);
    const [first, last] = [curve.demand[0][1] + service.own, curve.demand.at(-1)[1] + service.own];
    if (need(curve, service, known[0]) >= 1) return (service.wait + first) / first;
    for (let i = 1; i < known.length; i++) {
      if (need(curve, service, known[i]) >= 1) {
        let [left, right] = [Math.log(known[i - 1]), Math.log(known[i])];
        for (let step = 0; step < STEPS; step++) {
          const middle = (left + right) / 2;
          if (need(curve, service, Math.exp(middle)) < 1) left = middle;
          else right = middle;
        }
        return Math.exp((left + right) / 2);
      }
    }
    const most = (service.wait + last) / last;
    return most <= atOnce(curve) ? most : Infinity;
  }

  function estimate(curve, service) {
    const flows = service.flows / service.cores;
    const model = between(curve.demand, flows, true), demand = model + service.own;
    const response = (curve.response.length ? between(curve.response, flows, false) : model) + service.own;
    const rate = Math.min(Math.min(flows, atOnce(curve)) / (service.wait + response), 1 / demand);
    const full = fullCore(curve, service);
    return {
      model: curve.model, demand, use: rate * demand, full, cores: service.flows / full, rate: service.cores * rate,
      bytes: curve.bytes === null ? NaN : service.flows * curve.bytes,
      outside: outside(curve, flows), fullOutside: Number.isFinite(full) ? outside(curve, full) : "",
    };
  }

  const thousands = (text) => text.replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));

  function digits(value, significant) {
    if (!Number.isFinite(value)) return BLANK;
    if (value === 0) return "0";
    const rounded = value.toExponential(significant - 1);
    const places = significant - 1 - Number(rounded.split("e")[1]);
    return thousands(Number(rounded).toFixed(Math.max(0, places)));
  }

  const two = (value) => digits(value, 2);
  const percent = (share) => `${(share * 100).toFixed(0)} %`;

  function memory(bytes) {
    if (Number.isNaN(bytes)) return BLANK;
    const [unit, scale] = bytes >= 1e9 ? ["GB", 1e9] : bytes >= 1e6 ? ["MB", 1e6] : ["kB", 1e3];
    return `${two(bytes / scale)} ${unit}`;
  }

  const limit = (found, service) =>
    found.use < BUSY ? "the wait" : service.own > found.demand / 2 ? "your CPU" : "its CPU";

  const row = (found, service) => [
    found.model, two(found.demand * 1e6), found.use >= FULL ? "full" : percent(found.use),
    Number.isFinite(found.full) ? two(found.full) : "never",
    Number.isFinite(found.full) ? two(found.cores) : BLANK,
    memory(found.bytes), limit(found, service),
  ];

  const least = (found, key) => found.reduce((best, one) => (one[key] < best[key] ? one : best));
  const most = (found, key) => found.reduce((best, one) => (one[key] > best[key] ? one : best));

  function span(found, key, text) {
    const [low, high] = [text(least(found, key)[key]), text(most(found, key)[key])];
    return low === high ? low : `${low} to ${high}`;
  }

  function sentences(all, service, flows) {
    const found = all.filter((one) => Number.isFinite(one.full));
    if (!found.length) return [];
    const said = [], asked = `${thousands(String(service.flows))} ${flows}`;
    const cores = service.cores === 1 ? "the core" : `the ${thousands(String(service.cores))} cores`;

    const [early, late] = [least(found, "full"), most(found, "full")];
    if (late.full <= ALIKE * early.full) {
      said.push(`One core is full at about ${span(found, "full", two)} ${flows}, whichever the model.`);
    } else {
      said.push(`One core is full at about ${two(early.full)} ${flows} (${early.model}) to ${two(late.full)} (${late.model}).`);
    }

    const able = found.filter((one) => one.cores <= service.cores);
    if (!able.length) {
      said.push(`${asked} need about ${span(found, "cores", two)} cores, one process per core.`);
    } else if (able.length === found.length) {
      said.push(`${asked} keep ${cores} busy for ${span(found, "use", percent)} of the time.`);
    } else {
      said.push(`${asked} fit on ${cores} only with ${able.map((one) => one.model).join(", ")}.`);
    }

    const [cheap, dear] = [least(found, "demand"), most(found, "demand")];
    const mine = service.own / dear.demand;
    if (mine >= MINE) {
      said.push(`At least ${percent(mine)} of that CPU is your own, so the model hardly matters for CPU.`);
    } else if (most(found, "use").use < IDLE) {
      said.push("The core has time left with every model, so CPU does not decide.");
    } else if (dear.demand <= ALIKE * cheap.demand) {
      said.push("The models need about the same CPU.");
    } else if (late.full > ALIKE * early.full) {
      said.push(
        `Per request, ${cheap.model} needs least CPU, ${two(cheap.demand * 1e6)} µs; ${dear.model} needs most, ` +
          `${two(dear.demand * 1e6)} µs.`,
      );
    }

    const each = digits(service.flows / service.cores, 3);
    const named = (key) => found.filter((one) => one[key]).map((one) => one.model).join(", ");
    if (named("outside")) {
      const of = found.every((one) => one.outside) ? "" : ` (${named("outside")})`;
      said.push(`${each} ${flows} per core were not measured${of}: the nearest number stands in.`);
    }
    if (named("fullOutside")) said.push(`N* lies outside what was measured: ${named("fullOutside")}.`);
    return said;
  }

  return (curves, service, flows) => {
    const found = curves.map((curve) => estimate(curve, service));
    return {
      rows: found.map((one) => row(one, service)),
      sentences: sentences(found, service, flows),
      rates: found.map((one) => one.rate),
    };
  };
})();

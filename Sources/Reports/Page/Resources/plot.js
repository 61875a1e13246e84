"use strict";

// Text and elements.
//
// Every string of the data may be hostile: it reaches the document through text nodes and attributes alone,
// never as markup.
const Kit = (() => {
  const SVG = "http://www.w3.org/2000/svg";

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "on") {
        for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
      } else {
        node.setAttribute(name, value === true ? "" : String(value));
      }
    }
    for (const child of children.flat(Infinity)) {
      if (child === null || child === undefined || child === false) continue;
      // Characters that turn the direction of text would let a name disguise what stands beside it.
      node.append(child instanceof Node ? child : document.createTextNode(String(child).replace(/[\u202a-\u202e\u2066-\u2069]/g, "")));
    }
    return node;
  }

  const html = (name, attributes, ...children) =>
    fill(document.createElement(name), attributes, children);
  const svg = (name, attributes, ...children) =>
    fill(document.createElementNS(SVG, name), attributes, children);

  /// Letters, digits and hyphens: what may stand in an id.
  const identifier = (text) => String(text).replace(/[^A-Za-z0-9-]+/g, "-").slice(0, 80);

  const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

  /// A number with a fixed number of decimals and a true minus; "–" where there is none.
  function decimal(value, digits = 3, sign = false) {
    if (!isNumber(value)) return "–";
    const text = Math.abs(value).toFixed(digits);
    const isZero = Number(text) === 0;
    if (value < 0 && !isZero) return "−" + text;
    return sign && !isZero ? "+" + text : text;
  }

  /// A standard uncertainty to the decimals of its value.
  function uncertainty(value, digits = 3) {
    if (!isNumber(value)) return "";
    const least = 10 ** -digits;
    return value > 0 && value < least / 2 ? "< " + least.toFixed(digits) : value.toFixed(digits);
  }

  const superscripts = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

  /// A whole number as an exponent.
  const raised = (power) => [...String(power)].map((digit) => superscripts[digit]).join("");

  /// A number for a read-out, where nothing else fixes the decimals.
  function general(value) {
    if (!isNumber(value)) return "–";
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e5)) {
      const [mantissa, exponent] = value.toExponential(2).split("e");
      return `${mantissa.replace("-", "−")} × 10${raised(Number(exponent))}`;
    }
    if (Number.isInteger(value)) return String(value).replace("-", "−");
    return decimal(value, size >= 100 ? 1 : size >= 10 ? 2 : 3);
  }

  function percent(probability) {
    if (!isNumber(probability)) return "–";
    if (probability > 0.999) return "> 99.9 %";
    if (probability < 0.001) return "< 0.1 %";
    return `${decimal(100 * probability, 1)} %`;
  }

  // The program writes plain ASCII; on the page units and symbols are set as in print.
  const signs = [
    [/(\d) ?sigma\b/g, "$1σ"], [/\bsigma\b/g, "σ"], [/\bangstrom2\b/gi, "Å²"], [/\bangstrom\^?3\b/gi, "Å³"],
    [/\bangstrom\b/gi, "Å"], [/\bJ\/m\^?2\b/g, "J/m²"], [/\bnm\^?2\b/g, "nm²"],
    [/(^|[\s(,])-(?=\d)/g, "$1−"], [/ - (?=\d|sigma|σ|E_v|W_ad)/g, " − "], [/>=/g, "≥"], [/\+-/g, "±"],
  ];
  const symbols = (text) =>
    signs.reduce((result, [pattern, sign]) => result.replace(pattern, sign), String(text ?? ""));

  /// Text in which W_ad and E_v get their subscripts, as a list of pieces {text, isSubscript}.
  function pieces(text) {
    const result = [];
    let rest = symbols(text);
    for (let match; (match = /\b([WE])_(ad|v)\b/.exec(rest)); ) {
      result.push({ text: rest.slice(0, match.index) + match[1], isSubscript: false });
      result.push({ text: match[2], isSubscript: true });
      rest = rest.slice(match.index + match[0].length);
    }
    result.push({ text: rest, isSubscript: false });
    return result.filter((piece) => piece.text !== "");
  }

  const typeset = (text) =>
    pieces(text).map((piece) => (piece.isSubscript ? html("sub", null, piece.text) : piece.text));

  /// The same inside a drawing, which has no elements for subscripts.
  function typesetSVG(text) {
    let isLow = false;
    return pieces(text).map((piece) => {
      const shift = piece.isSubscript ? 3 : isLow ? -3 : 0;
      isLow = piece.isSubscript;
      const size = piece.isSubscript ? "0.8em" : null;
      return svg("tspan", { dy: shift || null, "font-size": size }, piece.text);
    });
  }

  const clipped = (text, length = 60) => {
    const whole = String(text ?? "");
    return whole.length > length ? whole.slice(0, length - 1) + "…" : whole;
  };

  /// Text of any length: wrapped by the style sheet, and beyond some length cut with the whole in its title.
  function bounded(text, length = 400) {
    const whole = String(text ?? "");
    if (whole.length <= length) return whole;
    return html("span", { title: whole.slice(0, 20000) }, clipped(whole, length));
  }

  function csv(header, rows) {
    const cell = (value) => {
      if (value === null || value === undefined) return "";
      if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
      let text = String(value);
      // A spreadsheet takes such text for a formula.
      if (/^[=+\-@\t\r]/.test(text)) text = "'" + text;
      return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    return [header, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";
  }

  function save(text, name) {
    const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    const link = html("a", { href: url, download: `${identifier(name)}.csv` });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  /// A button that copies what `text` returns, or saves it where the clipboard is closed to a file on disk.
  function copyButton(text, name) {
    const button = html("button", {
      type: "button", class: "quiet copy", title: "Copy as comma-separated values; with Shift: save as a file",
      "aria-label": `Copy as CSV: ${clipped(name)}`,
    }, "CSV");
    button.addEventListener("click", async (event) => {
      let done = "saved";
      try {
        if (event.shiftKey || !navigator.clipboard) throw new Error("no clipboard");
        await navigator.clipboard.writeText(text());
        done = "copied";
      } catch {
        save(text(), name);
      }
      button.textContent = done;
      setTimeout(() => (button.textContent = "CSV"), 1500);
    });
    return button;
  }

  return {
    html, svg, identifier, isNumber, decimal, uncertainty, raised, general, percent, symbols, typeset, typesetSVG,
    clipped, bounded, csv, copyButton,
  };
})();

// Plots: a figure of the data as a drawing that answers to mouse, finger and keyboard.
const Plot = (() => {
  const { html, svg, isNumber, general, symbols, typesetSVG, clipped } = Kit;
  const roles = ["ours", "paper", "model", "second", "third", "neutral"];
  // Shapes and dashes differ by role as well as colours do: the page is printed in black and white too.
  const dashes = { paper: "6 3", model: "2 2", second: "9 3 2 3", third: "1 3", neutral: "4 4" };
  const markers = {
    ours: circle(4.2), neutral: circle(4.2), model: polygon(3, 5.4, -90), third: polygon(3, 5.4, 90),
    paper: polygon(4, 5.6, 0), second: polygon(4, 5.6, 45),
  };
  const hollow = new Set(["paper", "neutral", "second"]);
  const character = 6.7;
  let count = 0;

  function circle(r) {
    return `M${-r} 0A${r} ${r} 0 1 1 ${r} 0A${r} ${r} 0 1 1 ${-r} 0Z`;
  }

  function polygon(corners, r, turn) {
    const points = Array.from({ length: corners }, (_, index) => {
      const angle = (turn + (360 * index) / corners) * (Math.PI / 180);
      return `${(r * Math.cos(angle)).toFixed(2)} ${(r * Math.sin(angle)).toFixed(2)}`;
    });
    return `M${points.join("L")}Z`;
  }

  /// A role that returns within a figure is drawn paler, with the other filling and another dash.
  function isSecond(figure, series) {
    const same = figure.series.filter((other) => other.style === series.style && roleOf(other) === roleOf(series));
    return series.style !== "bars" && same.indexOf(series) % 2 === 1;
  }

  const roleOf = (series) => (roles.includes(series.role) ? series.role : "neutral");
  const title = (axis) => (axis.unit ? `${axis.label} (${axis.unit})` : axis.label);

  // MARK: Scales

  function steps(low, high, target, counts) {
    const rough = (high - low) / Math.max(1, target);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) * power;
    return counts ? Math.max(1, Math.round(step)) : step;
  }

  function linearTicks(low, high, target, counts) {
    const step = steps(low, high, target, counts);
    const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
    const ticks = [];
    for (let index = Math.ceil(low / step - 1e-9); index * step <= high + 1e-9 * step; index++) {
      ticks.push({ at: index * step, text: Kit.decimal(index * step, digits) });
    }
    return ticks;
  }

  function logTicks(low, high) {
    const ticks = [];
    const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
    const decades = Math.log10(high / low);
    const stride = Math.max(1, Math.ceil((last - first) / 7));
    for (let power = first; power <= last; power++) {
      if ((power - first) % stride) continue;
      for (const factor of decades < 2.6 ? [1, 2, 5] : [1]) {
        const at = factor * 10 ** power;
        if (at < low * 0.999 || at > high * 1.001) continue;
        const isPlain = factor > 1 || (power >= -3 && power <= 3);
        ticks.push({ at, text: isPlain ? String(Number(at.toPrecision(1))) : "10" + Kit.raised(power) });
      }
    }
    return ticks.length > 1 ? ticks : linearTicks(low, high, 4, false);
  }

  /// All values that an axis must show.
  function extent(figure, name) {
    const values = [];
    for (const series of figure.series) {
      if (name === "x") {
        values.push(...series.x);
        continue;
      }
      (series.y || []).forEach((y, index) => {
        if (!isNumber(y)) return;
        const error = series.y_error?.[index] || 0;
        values.push(y - error, y + error);
      });
      values.push(...(series.y_low || []), ...(series.y_high || []));
      if (series.style === "bars") values.push(0);
    }
    const kind = name === "x" ? "vertical" : "horizontal";
    for (const guide of figure.guides || []) if (guide.kind === kind) values.push(guide.at);
    return values.filter(isNumber);
  }

  function scale(figure, name, range, from, to) {
    const axis = figure[name];
    const isLog = axis.scale === "log";
    let values = extent(figure, name);
    if (isLog) values = values.filter((value) => value > 0);
    const counts = !isLog && !axis.unit && values.length > 0 && values.every(Number.isInteger);
    let low = values.length ? values.reduce((a, b) => Math.min(a, b)) : isLog ? 0.1 : 0;
    let high = values.length ? values.reduce((a, b) => Math.max(a, b)) : 1;
    const given = range || axis.range;
    if (Array.isArray(given) && given.length === 2 && given.every(isNumber) && given[0] < given[1]
        && (!isLog || given[0] > 0)) {
      [low, high] = given;
    } else if (isLog) {
      [low, high] = [low / 1.4, high * 1.4];
    } else {
      const span = high > low ? high - low : Math.max(Math.abs(high), 1e-3);
      const room = counts ? Math.max(0.5, 0.04 * span) : 0.07 * span;
      // A bar stands on zero and an axis of layers starts at a layer.
      const standsOnZero = name === "y" && figure.series.some((series) => series.style === "bars");
      if (!(standsOnZero && low === 0)) low -= room;
      if (!(standsOnZero && high === 0)) high += room;
    }
    const [a, b] = isLog ? [Math.log10(low), Math.log10(high)] : [low, high];
    const place = (value) => from + ((isLog ? Math.log10(value) : value) - a) * ((to - from) / (b - a));
    const value = (pixel) => {
      const raw = a + (pixel - from) * ((b - a) / (to - from));
      return isLog ? 10 ** raw : raw;
    };
    const target = Math.max(2, Math.abs(to - from) / (name === "x" ? 80 : 40));
    let ticks = axis.ticks && !range ? axis.ticks : isLog ? logTicks(low, high)
      : linearTicks(low, high, counts && high - low <= 13 && name === "x" ? 14 : target, counts);
    ticks = ticks.filter((tick) => isNumber(tick.at) && tick.at >= low && tick.at <= high);
    return { low, high, place, value, ticks, isLog, isNamed: Boolean(axis.ticks && !range) };
  }

  // MARK: Drawing

  /// Draws a figure that follows the width of its place.
  ///
  /// `options.pick(site)` is called when a point that belongs to a site is chosen.
  /// Returns {element, select}: `select(sites)` marks the points of these sites.
  function draw(figure, options = {}) {
    const number = ++count;
    const state = { zoom: null, sites: new Set(), width: 0, focus: null, points: [] };
    const stage = html("div", { class: "plot-stage" });
    const tip = html("div", { class: "plot-tip", hidden: true });
    const reset = html("button", { type: "button", class: "quiet plot-reset", hidden: true }, "Reset zoom");
    reset.addEventListener("click", () => zoomTo(null));
    const legend = legendOf(figure, number);
    const element = html("div", { class: "plot" }, legend, html("div", { class: "plot-frame" }, stage, tip, reset));

    function zoomTo(zoom) {
      state.zoom = zoom;
      reset.hidden = !zoom;
      render();
    }

    function render() {
      const width = Math.max(260, Math.round(stage.clientWidth || 560));
      state.width = width;
      hideTip();
      stage.replaceChildren(drawing(figure, number, width, state, options));
      listen(stage.firstChild);
    }

    function showTip(point) {
      const x = general(point.x);
      const error = point.error ? ` ± ${general(point.error)}` : "";
      tip.replaceChildren(
        html("strong", null, clipped(symbols(point.label || point.series), 80)),
        point.label && point.series ? html("span", null, clipped(symbols(point.series), 60)) : null,
        html("span", null, symbols(`${general(point.y)}${error} ${figure.y.unit || ""}`)),
        point.isNamed ? "" : html("span", { class: "muted" }, symbols(`${clipped(figure.x.label, 40)} ${x} ${figure.x.unit || ""}`)));
      tip.hidden = false;
      // A tip that stood out of the plot would make the page wider than its window.
      const half = Math.min(tip.offsetWidth / 2, state.width / 2);
      const left = Math.min(Math.max(point.px, half), state.width - half);
      tip.style.left = `${left}px`;
      tip.style.top = `${point.py}px`;
      tip.classList.toggle("below", point.py < 84);
      for (const other of state.points) other.node?.classList.toggle("is-near", other === point);
    }

    function hideTip() {
      tip.hidden = true;
      for (const point of state.points) point.node?.classList.remove("is-near");
    }

    function nearest(event, reach) {
      const box = stage.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      let best = null;
      let least = reach * reach;
      for (const point of state.points) {
        const distance = (point.px - x) ** 2 + (point.py - y) ** 2;
        // Of two points at one place the later lies on top.
        if (distance <= least) [best, least] = [point, distance];
      }
      return best;
    }

    function choose(point) {
      if (point && isNumber(point.site) && point.site >= 0) options.pick?.(point.site);
    }

    function listen(drawn) {
      let start = null;
      const frame = state.frame;
      drawn.addEventListener("pointermove", (event) => {
        if (start) return stretch(event);
        const point = nearest(event, 36);
        if (point) showTip(point);
        else hideTip();
        drawn.classList.toggle("is-over", Boolean(point && point.site >= 0));
      });
      drawn.addEventListener("pointerleave", () => { if (!start) hideTip(); });
      drawn.addEventListener("pointerdown", (event) => {
        // A finger scrolls the page.
        if (event.button !== 0 || event.pointerType === "touch") return;
        const box = drawn.getBoundingClientRect();
        start = { x: event.clientX - box.left, y: event.clientY - box.top, box };
      });
      drawn.addEventListener("pointerup", (event) => {
        const area = drawn.querySelector(".zoom-area");
        const from = start;
        start = null;
        area.setAttribute("width", 0);
        if (from && from.end) {
          const xs = [from.x, from.end.x].map(frame.x.value).sort((a, b) => a - b);
          const ys = [from.y, from.end.y].map(frame.y.value).sort((a, b) => a - b);
          zoomTo({ x: xs, y: ys });
        } else {
          choose(nearest(event, 30));
        }
      });
      drawn.addEventListener("dblclick", () => { if (state.zoom) zoomTo(null); });
      drawn.addEventListener("keydown", (event) => walk(event));
      drawn.addEventListener("focusin", (event) => {
        const point = state.points.find((entry) => entry.node === event.target);
        if (point) showTip(point);
      });
      drawn.addEventListener("focusout", hideTip);

      function stretch(event) {
        const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
        const x = clamp(event.clientX - start.box.left, frame.left, frame.right);
        const y = clamp(event.clientY - start.box.top, frame.top, frame.bottom);
        if (!start.end && Math.hypot(x - start.x, y - start.y) < 10) return;
        if (!start.end) drawn.setPointerCapture(event.pointerId);
        start.x = clamp(start.x, frame.left, frame.right);
        start.y = clamp(start.y, frame.top, frame.bottom);
        start.end = Math.abs(x - start.x) > 6 && Math.abs(y - start.y) > 6 ? { x, y } : null;
        const area = drawn.querySelector(".zoom-area");
        area.setAttribute("x", Math.min(x, start.x));
        area.setAttribute("y", Math.min(y, start.y));
        area.setAttribute("width", Math.abs(x - start.x));
        area.setAttribute("height", Math.abs(y - start.y));
        hideTip();
      }
    }

    // The points are one stop of the Tab key; arrows walk among them.
    function walk(event) {
      const all = state.points.filter((point) => point.node);
      const index = all.findIndex((point) => point.node === event.target);
      if (event.key === "Escape" && state.zoom) return zoomTo(null);
      if (index < 0) return;
      if (event.key === "Enter" || event.key === " ") {
        choose(all[index]);
      } else {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!step) return;
        const next = all[(index + step + all.length) % all.length];
        all[index].node.setAttribute("tabindex", -1);
        next.node.setAttribute("tabindex", 0);
        next.node.focus();
      }
      event.preventDefault();
    }

    function select(sites) {
      state.sites = new Set(sites);
      for (const point of state.points) mark(point, state.sites);
    }

    new ResizeObserver(() => {
      if (Math.abs(stage.clientWidth - state.width) > 1 && stage.clientWidth > 0) render();
    }).observe(stage);
    render();
    return { element, select, render };
  }

  function mark(point, sites) {
    const isSelected = point.site >= 0 && sites.has(point.site);
    point.node?.classList.toggle("is-selected", isSelected);
    if (point.node && point.site >= 0) point.node.setAttribute("aria-pressed", isSelected);
  }

  function legendOf(figure, number) {
    const named = figure.series.filter((series) => series.name);
    if (named.length < 2) return null;
    return html("ul", { class: "legend" }, named.map((series) => {
      const role = roleOf(series);
      const second = isSecond(figure, series);
      const swatch = svg("svg", { width: 26, height: 14, viewBox: "-13 -7 26 14", class: `role-${role}${second ? " is-second" : ""}`, "aria-hidden": "true" });
      if (series.style === "band") swatch.append(svg("rect", { x: -12, y: -5, width: 24, height: 10, class: "band" }));
      else if (series.style === "bars") {
        swatch.append(svg("rect", { x: -8, y: -5, width: 16, height: 10, class: "bar", fill: barFill(role, number) }));
      } else {
        if (series.style !== "points") swatch.append(svg("line", { x1: -12, x2: 12, class: "line", "stroke-dasharray": dashOf(series, second) }));
        if (hasMarkers(series)) swatch.append(svg("path", { d: markers[role], class: markerClass(role, second) }));
      }
      return html("li", null, swatch, html("span", { title: series.name.length > 60 ? series.name : null }, clipped(symbols(series.name), 60)));
    }));
  }

  const dashOf = (series, second) => (second ? "10 2" : dashes[roleOf(series)]);
  const hasMarkers = (series) => series.style === "points" || (series.style === "line" && series.x.length <= 40);
  const markerClass = (role, second) => `marker${hollow.has(role) !== second ? " hollow" : ""}`;
  const barFill = (role, number) => (role === "ours" ? null : `url(#hatch-${number}-${role})`);

  function drawing(figure, number, width, state, options) {
    const height = options.height || Math.round(Math.min(360, Math.max(230, 0.62 * width)));
    const frame = { top: 30, bottom: height - 44, right: width - 14 };
    const y = scale(figure, "y", state.zoom?.y, frame.bottom, frame.top);
    const widest = y.ticks.reduce((most, tick) => Math.max(most, Math.min(String(tick.text).length, 16)), 2);
    frame.left = Math.min(14 + widest * character, width / 3);
    const x = scale(figure, "x", state.zoom?.x, frame.left, frame.right);
    Object.assign(frame, { x, y });
    state.frame = frame;
    state.points = [];

    const clip = `clip-${number}`;
    const root = svg("svg", {
      width, height, viewBox: `0 0 ${width} ${height}`, class: "figure", role: "group",
      "aria-label": clipped(`${figure.title}: ${title(figure.y)} by ${title(figure.x)}. Arrow keys walk among the points.`, 300),
    });
    root.append(svg("defs", null,
      svg("clipPath", { id: clip }, svg("rect", { x: frame.left - 6, y: frame.top - 7, width: frame.right - frame.left + 12, height: frame.bottom - frame.top + 14 })),
      roles.map((role, index) => svg("pattern", { id: `hatch-${number}-${role}`, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${[0, 45, -45, 0, 90, 45][index]})` },
        svg("rect", { width: 6, height: 6, class: `role-${role} hatch-ground` }), role === "neutral" ? null : svg("line", { y2: 6, class: `role-${role} hatch` })))));
    root.append(axes(figure, frame, height));
    const inside = svg("g", { "clip-path": `url(#${clip})` });
    root.append(inside);
    for (const guide of figure.guides || []) inside.append(guideOf(guide, frame));
    for (const note of figure.notes || []) {
      inside.append(svg("text", { x: x.place(note.x), y: y.place(note.y), class: "note-text", "text-anchor": "middle" }, typesetSVG(clipped(note.text, 40))));
    }
    const bars = figure.series.filter((series) => series.style === "bars");
    const order = ["band", "bars", "line", "curve", "points"];
    const sorted = [...figure.series].sort((a, b) => order.indexOf(a.style) - order.indexOf(b.style));
    for (const series of sorted) inside.append(seriesOf(figure, series, frame, bars, number, state));
    nameNodes(figure, inside, frame, state);
    root.append(svg("rect", { class: "zoom-area", width: 0, height: 0 }));
    const first = state.points.find((point) => point.node);
    first?.node.setAttribute("tabindex", 0);
    for (const point of state.points) mark(point, state.sites);
    return root;
  }

  function axes(figure, frame, height) {
    const { x, y } = frame;
    const group = svg("g", { class: "axes" });
    for (const tick of y.ticks) {
      const at = y.place(tick.at);
      group.append(svg("line", { x1: frame.left, x2: frame.right, y1: at, y2: at, class: "grid" }));
      group.append(svg("text", { x: frame.left - 7, y: at + 4, "text-anchor": "end" }, clipped(symbols(tick.text), 16)));
    }
    group.append(svg("line", { x1: frame.left, x2: frame.right, y1: frame.bottom, y2: frame.bottom, class: "axis" }));
    // Names of categories are cut to the room that each has.
    const room = x.isNamed ? Math.max(4, Math.floor((frame.right - frame.left) / Math.max(1, x.ticks.length) / character)) : 12;
    let end = -Infinity;
    for (const tick of x.ticks) {
      const at = x.place(tick.at);
      const text = clipped(symbols(tick.text), room);
      group.append(svg("line", { x1: at, x2: at, y1: frame.bottom, y2: frame.bottom + 4, class: "axis" }));
      const half = (text.length * character) / 2;
      if (at - half < end + 4) continue;
      end = at + half;
      group.append(svg("text", { x: at, y: frame.bottom + 17, "text-anchor": "middle" }, svg("title", null, clipped(tick.text, 200)), text));
    }
    group.append(svg("text", { x: (frame.left + frame.right) / 2, y: height - 6, "text-anchor": "middle", class: "axis-title" }, typesetSVG(clipped(title(figure.x), 80))));
    group.append(svg("text", { x: 2, y: 13, class: "axis-title" }, typesetSVG(clipped(title(figure.y), 80))));
    return group;
  }

  function guideOf(guide, frame) {
    const { x, y } = frame;
    let [x1, y1, x2, y2] = [frame.left, 0, frame.right, 0];
    if (guide.kind === "horizontal") y1 = y2 = y.place(guide.at);
    else if (guide.kind === "vertical") [x1, x2, y1, y2] = [x.place(guide.at), x.place(guide.at), frame.bottom, frame.top];
    else {
      const at = (value) => guide.slope * value + (guide.offset || 0);
      [y1, y2] = [y.place(at(x.low)), y.place(at(x.high))];
    }
    if (![x1, x2, y1, y2].every(isNumber)) return svg("g");
    const group = svg("g", { class: "guide" }, svg("line", { x1, x2, y1, y2 }));
    if (guide.text) group.append(guideText(guide, frame, { x1, x2, y1, y2 }));
    return group;
  }

  /// Words along a guide, at its upper right end inside the frame.
  function guideText(guide, frame, line) {
    const words = typesetSVG(clipped(guide.text, 40));
    if (guide.kind === "vertical") return svg("text", { x: line.x1 + 5, y: frame.top + 8 }, words);
    if (guide.kind === "horizontal") return svg("text", { x: frame.right - 2, y: line.y1 - 5, "text-anchor": "end" }, words);
    const slope = (line.y2 - line.y1) / (line.x2 - line.x1);
    let [px, py] = [line.x2, line.y2];
    if (py < frame.top) [px, py] = [line.x1 + (frame.top - line.y1) / slope, frame.top];
    const angle = (Math.atan(slope) * 180) / Math.PI;
    return svg("text", { transform: `translate(${px} ${py}) rotate(${angle.toFixed(2)})`, x: -10, y: -6, "text-anchor": "end" }, words);
  }

  function seriesOf(figure, series, frame, bars, number, state) {
    const role = roleOf(series);
    const second = isSecond(figure, series);
    const group = svg("g", { class: `series role-${role}${second ? " is-second" : ""}` });
    if (series.style === "band") {
      group.append(bandOf(series, frame));
      return group;
    }
    const known = series.x.map((x, index) => ({ x, y: series.y?.[index], index }))
      .filter((point) => isNumber(point.x) && isNumber(point.y) && (!frame.y.isLog || point.y > 0) && (!frame.x.isLog || point.x > 0));
    if (series.style === "bars") {
      barsOf(figure, series, known, frame, bars, number, state, group);
      return group;
    }
    if (series.style !== "points") group.append(lineOf(series, frame, second));
    const isMarked = hasMarkers(series);
    for (const { x, y, index } of known) {
      const point = pointOf(figure, series, index, frame.x.place(x), frame.y.place(y));
      point.isNamed = frame.x.isNamed;
      if (point.px < frame.left - 1 || point.px > frame.right + 1 || point.py < frame.top - 1 || point.py > frame.bottom + 1) continue;
      const error = series.y_error?.[index];
      if (isNumber(error) && error > 0) group.append(errorBar(point.px, frame, y, error));
      if (isMarked) {
        point.node = node(figure, point, `translate(${point.px.toFixed(1)} ${point.py.toFixed(1)})`, svg("path", { d: markers[role], class: markerClass(role, second) }));
        group.append(point.node);
      }
      state.points.push(point);
    }
    return group;
  }

  function pointOf(figure, series, index, px, py) {
    return {
      series: series.name, label: series.labels?.[index], x: series.x[index], y: series.y[index],
      error: series.y_error?.[index], site: series.sites?.[index] ?? -1, px, py, isLabelled: Boolean(series.names_points),
    };
  }

  /// A mark that the keyboard reaches and that says what it is.
  function node(figure, point, transform, shape) {
    const error = point.error ? ` ± ${general(point.error)}` : "";
    const isLink = point.site >= 0;
    const words = [clipped(point.label, 60), clipped(point.series, 60), `${general(point.y)}${error} ${figure.y.unit || ""}`].filter(Boolean).join(", ");
    return svg("g", {
      class: isLink ? "point is-link" : "point", transform, tabindex: -1, role: isLink ? "button" : "img",
      "aria-label": symbols(words), "aria-pressed": isLink ? "false" : null, "data-site": isLink ? point.site : null,
    }, svg("circle", { r: 9, class: "ring" }), shape);
  }

  function errorBar(px, frame, y, error) {
    const low = frame.y.isLog && y - error <= 0 ? frame.bottom : frame.y.place(y - error);
    const high = frame.y.place(y + error);
    return svg("path", { class: "error", d: `M${px} ${low}V${high}M${px - 3.5} ${low}h7M${px - 3.5} ${high}h7` });
  }

  /// A line that breaks where a value is missing.
  function lineOf(series, frame, second) {
    let path = "";
    let isDown = false;
    series.x.forEach((x, index) => {
      const y = series.y[index];
      const isDrawn = isNumber(x) && isNumber(y) && (!frame.y.isLog || y > 0);
      if (isDrawn) path += `${isDown ? "L" : "M"}${frame.x.place(x).toFixed(1)} ${frame.y.place(y).toFixed(1)}`;
      isDown = isDrawn;
    });
    return svg("path", { d: path, class: "line", "stroke-dasharray": dashOf(series, second) });
  }

  function bandOf(series, frame) {
    const at = (values) => series.x.map((x, index) => [frame.x.place(x), frame.y.place(values?.[index])]).filter((pair) => pair.every(isNumber));
    const edge = [...at(series.y_high), ...at(series.y_low).reverse()];
    return svg("path", { class: "band", d: edge.length ? `M${edge.map((pair) => pair.map((value) => value.toFixed(1)).join(" ")).join("L")}Z` : "" });
  }

  function barsOf(figure, series, known, frame, bars, number, state, group) {
    const role = roleOf(series);
    const places = [...new Set(bars.flatMap((entry) => entry.x))].sort((a, b) => a - b);
    const gap = places.slice(1).reduce((least, place, index) => Math.min(least, place - places[index]), Infinity);
    const unit = Math.abs(frame.x.place(1) - frame.x.place(0)) * (Number.isFinite(gap) ? gap : 1);
    const each = Math.min(46, (0.72 * unit) / bars.length);
    const offset = (bars.indexOf(series) - (bars.length - 1) / 2) * each;
    const zero = frame.y.place(Math.min(Math.max(0, frame.y.low), frame.y.high));
    for (const { x, y, index } of known) {
      const [px, py] = [frame.x.place(x) + offset, frame.y.place(y)];
      const point = pointOf(figure, series, index, px, py);
      point.isNamed = frame.x.isNamed;
      const shape = svg("rect", { x: -each / 2 + 1, y: Math.min(0, zero - py), width: Math.max(2, each - 2), height: Math.max(1, Math.abs(zero - py)), class: "bar", fill: barFill(role, number) });
      point.node = node(figure, point, `translate(${px.toFixed(1)} ${py.toFixed(1)})`, shape);
      group.append(point.node);
      const error = series.y_error?.[index];
      if (isNumber(error) && error > 0) group.append(errorBar(px, frame, y, error));
      state.points.push(point);
    }
  }

  /// Names beside points, each where it covers no point and no other name; none where all places are taken.
  function nameNodes(figure, inside, frame, state) {
    const named = state.points.filter((point) => point.isLabelled && point.label);
    const taken = state.points.map((point) => ({ x: point.px - 6, y: point.py - 6, width: 12, height: 12 }));
    for (const point of named) {
      const text = clipped(point.label, 28);
      const width = text.length * 6.2;
      const places = [
        { x: point.px + 10, y: point.py - 7 }, { x: point.px - 10 - width, y: point.py - 7 },
        { x: point.px + 8, y: point.py - 22 }, { x: point.px + 8, y: point.py + 9 },
        { x: point.px - 8 - width, y: point.py - 22 }, { x: point.px - 8 - width, y: point.py + 9 },
      ].map((place) => ({ ...place, width, height: 13 }));
      const free = places.find((place) => place.x > frame.left && place.x + width < frame.right && place.y > frame.top - 6
        && !taken.some((other) => place.x < other.x + other.width && other.x < place.x + width && place.y < other.y + other.height && other.y < place.y + 13));
      if (!free) continue;
      taken.push(free);
      inside.append(svg("text", { x: free.x, y: free.y + 11, class: "point-name" }, text));
    }
  }

  /// The data of a figure, a line for each point.
  function csv(figure) {
    const rows = [];
    for (const series of figure.series) {
      series.x.forEach((x, index) => rows.push([
        series.name, x, series.y?.[index], series.y_error?.[index], series.y_low?.[index], series.y_high?.[index], series.labels?.[index],
      ]));
    }
    return Kit.csv(["series", title(figure.x), title(figure.y), "error", "low", "high", "label"], rows);
  }

  return { draw, csv };
})();

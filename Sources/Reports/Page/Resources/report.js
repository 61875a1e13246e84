"use strict";

// The page.
const Report = (() => {
  const { html, svg, isNumber, decimal, uncertainty, percent, typeset, bounded, clipped } = Kit;
  const page = JSON.parse(document.getElementById("data").textContent);
  const list = (value) => (Array.isArray(value) ? value : []);
  const pair = (metal, face, substrate, cut) => `${metal} (${face}) on ${substrate} (${cut})`;

  // MARK: Verdicts

  const verdicts = {
    "voids suppressed": { name: "suppressed", text: "Voids are suppressed", sign: "M5 12.5l4.5 4.5L19 7.5" },
    "voids expected": { name: "expected", text: "Voids will form", sign: "M6.5 6.5l11 11M17.5 6.5l-11 11" },
    undecided: { name: "undecided", text: "Undecided", sign: "M9 9.2a3.1 3.1 0 1 1 4.4 2.8c-1 .5-1.4 1-1.4 2.2M12 17.6v.4" },
  };
  const verdictOf = (raw) => verdicts[raw] || { ...verdicts.undecided, text: clipped(raw, 60) || "No verdict" };

  /// A sign whose outline differs by verdict too, for those who see no colours.
  function badge(raw, size = 22) {
    const { name, sign } = verdictOf(raw);
    const outline = {
      suppressed: svg("circle", { cx: 12, cy: 12, r: 11 }),
      expected: svg("rect", { x: 1.5, y: 1.5, width: 21, height: 21, rx: 3 }),
      undecided: svg("path", { d: "M12 .8L23.2 12 12 23.2.8 12z" }),
    }[name];
    return svg("svg", { width: size, height: size, viewBox: "0 0 24 24", class: `badge is-${name}`, "aria-hidden": "true" }, outline, svg("path", { d: sign, class: "sign" }));
  }

  function reason(document) {
    const adhesion = `${decimal(document.work_of_adhesion.ev_per_atom.value)} eV`;
    const doubled = `${decimal(2 * document.surface_energy.ev_per_atom.value)} eV`;
    const sides = `Parting the two solids costs ${adhesion} for each surface atom of the metal; opening the metal itself costs ${doubled}`;
    return {
      suppressed: `${sides}. The interface holds more strongly than the metal, so a vacancy gains nothing by coming to it.`,
      expected: `${sides}. The interface holds less strongly than the metal, so vacancies come to it and gather as voids.`,
      undecided: `${sides}. The difference is too small for its uncertainty to tell which is larger.`,
    }[verdictOf(document.verdict).name];
  }

  /// W_ad beside 2 sigma on one axis, with bars of one standard uncertainty.
  function gauge(document) {
    const adhesion = document.work_of_adhesion.ev_per_atom;
    const surface = document.surface_energy.ev_per_atom;
    const rows = [
      { name: "W_ad", value: adhesion.value, error: adhesion.standard_uncertainty, role: "ours" },
      { name: "2 sigma", value: 2 * surface.value, error: 2 * surface.standard_uncertainty, role: "neutral" },
    ];
    const low = Math.min(0, ...rows.map((row) => row.value - row.error));
    const high = Math.max(0.1, ...rows.map((row) => row.value + row.error)) * 1.06;
    const at = (value) => `${((100 * (value - low)) / (high - low)).toFixed(2)}%`;
    const step = [0.1, 0.2, 0.5, 1, 2, 5].find((size) => (high - low) / size <= 6) || 10;
    const drawn = svg("svg", { class: "gauge-plot", width: "100%", height: 92, role: "img", "aria-label": Kit.symbols(`W_ad ${decimal(adhesion.value)} eV, 2 sigma ${decimal(2 * surface.value)} eV for each surface atom`) });
    const [left, right] = [rows[0].value, rows[1].value].sort((a, b) => a - b);
    drawn.append(svg("rect", { x: at(left), y: 4, width: `${((100 * (right - left)) / (high - low)).toFixed(2)}%`, height: 62, class: `gap is-${verdictOf(document.verdict).name}` }));
    for (let tick = Math.ceil(low / step); tick * step <= high; tick++) {
      const place = at(tick * step);
      drawn.append(svg("line", { x1: place, x2: place, y1: 66, y2: 70, class: "axis" }));
      drawn.append(svg("text", { x: place, y: 84, "text-anchor": tick === 0 && low === 0 ? "start" : "middle" }, decimal(tick * step, 1)));
    }
    drawn.append(svg("line", { x1: 0, x2: "100%", y1: 66, y2: 66, class: "axis" }));
    rows.forEach((row, index) => {
      const y = 20 + 30 * index;
      const group = svg("g", { class: `role-${row.role}` }, svg("line", { x1: at(0), x2: at(row.value), y1: y, y2: y, class: "stem" }));
      if (row.error > 0) {
        const ends = [row.value - row.error, row.value + row.error].map(at);
        group.append(svg("line", { x1: ends[0], x2: ends[1], y1: y, y2: y, class: "whisker" }));
        for (const end of ends) group.append(svg("line", { x1: end, x2: end, y1: y - 5, y2: y + 5, class: "whisker" }));
      }
      group.append(index === 0
        ? svg("circle", { cx: at(row.value), cy: y, r: 5.5, class: "marker" })
        : svg("circle", { cx: at(row.value), cy: y, r: 5, class: "marker hollow" }));
      drawn.append(group);
    });
    return html("div", { class: "gauge" },
      html("div", { class: "gauge-names" }, rows.map((row) => html("p", null, html("span", null, typeset(row.name)), html("b", null, decimal(row.value)), html("span", { class: "muted" }, ` ± ${uncertainty(row.error)}`)))),
      drawn, html("p", { class: "gauge-unit" }, "eV for each surface atom"));
  }

  /// The vacancy of the interface that costs least, or of the whole metal where none was taken out there.
  function weakest(document) {
    const everything = list(document.vacancies).filter((vacancy) => isNumber(vacancy.unrelaxed_ev));
    const compared = everything.filter((vacancy) => /^(interface|bulk)/.test(String(vacancy.place)));
    // Like with like: relaxed energies only where all that are compared have one.
    const isRelaxed = (compared.length ? compared : everything).every((vacancy) => isNumber(vacancy.relaxed_ev));
    const energy = (vacancy) => (isRelaxed ? vacancy.relaxed_ev : vacancy.unrelaxed_ev);
    const all = everything.filter((vacancy) => isNumber(energy(vacancy)));
    const near = all.filter((vacancy) => String(vacancy.place).startsWith("interface"));
    const best = (near.length ? near : all).reduce((least, vacancy) => (!least || energy(vacancy) < energy(least) ? vacancy : least), null);
    if (!best) return null;
    const bulk = all.find((vacancy) => String(vacancy.place).startsWith("bulk"));
    return { vacancy: best, isNear: near.length > 0, isRelaxed, energy: energy(best), segregation: bulk ? energy(bulk) - energy(best) : null };
  }

  function weakestText(document) {
    const found = weakest(document);
    const isAsked = Boolean(document.structures && document.structures["vacancy-cell"]);
    if (!found && isAsked) {
      return html("p", { class: "where" }, html("b", null, "Where: "), "no vacancy came to its end; the notes say why.");
    }
    if (!found) {
      return html("p", { class: "where" }, html("b", null, "Where: "), "not asked for. With ", html("code", null, "--vacancies"), " the weakest site is found too.");
    }
    const { vacancy, energy, segregation, isNear, isRelaxed } = found;
    const pull = !isNumber(segregation) ? "" : `, ${decimal(Math.abs(segregation))} eV ${segregation > 0 ? "less" : "more"} than in the bulk: it ${segregation > 0 ? "attracts" : "repels"} vacancies`;
    return html("p", { class: "where" }, html("b", null, isNear ? "Weakest site at the interface: " : "Weakest site: "),
      typeset(String(vacancy.place).startsWith("layer") ? clipped(vacancy.place, 80) : `${clipped(vacancy.place, 80)}, layer ${vacancy.layer}`), ". A vacancy costs ", `${decimal(energy)} eV there${isRelaxed ? "" : " with all other atoms in place"}${pull}.`,
      vacancy.is_converged === false ? " Its relaxation did not converge." : "",
      isNear ? "" : " What one at the interface costs is not known.");
  }

  function card(document) {
    const { name, text } = verdictOf(document.verdict);
    const margin = document.margin_ev_per_atom;
    return html("div", { class: `card is-${name}`, "data-verdict": document.verdict === undefined ? "" : String(document.verdict).slice(0, 40) },
      html("div", { class: "card-words" },
        html("p", { class: "verdict" }, badge(document.verdict, 34), html("strong", null, text)),
        html("p", { class: "margin" }, typeset("W_ad − 2σ = "), html("b", { "data-quantity": "margin" }, decimal(margin.value, 3, true), " ± ", uncertainty(margin.standard_uncertainty)), " eV/atom"),
        html("p", { class: "odds" }, "Probability that voids are suppressed: ", html("b", { "data-quantity": "probability" }, percent(document.probability_of_suppression)))),
      gauge(document), html("p", { class: "why" }, reason(document)), weakestText(document));
  }

  // MARK: Tables

  /// A table with its CSV button.
  ///
  /// A column is {label, unit, kind, digits, sign, get, header}: `kind` "text", "number" or "quantity", whose value
  /// is {value, standard_uncertainty} and takes two cells.
  function table(name, columns, rows, options = {}) {
    const body = html("tbody");
    const state = { column: -1, isDown: false, rows: [...rows] };
    const head = html("tr", null, columns.map((column, index) => {
      const words = [typeset(column.label), column.unit ? html("span", { class: "unit" }, " ", typeset(column.unit)) : null];
      const cell = html("th", { scope: "col", class: column.kind === "text" ? null : "number", colspan: column.kind === "quantity" ? 2 : null },
        options.isSortable ? html("button", { type: "button", class: "sort", on: { click: () => sort(index) } }, words) : words);
      return cell;
    }));

    function raw(column, row) {
      const value = column.get(row);
      return column.kind === "quantity" ? value?.value : value;
    }

    function sort(index) {
      state.isDown = state.column === index ? !state.isDown : columns[index].kind !== "text";
      state.column = index;
      const compare = (a, b) => {
        const [x, y] = [raw(columns[index], a), raw(columns[index], b)];
        if (isNumber(x) && isNumber(y)) return x - y;
        return String(x ?? "").localeCompare(String(y ?? ""));
      };
      state.rows.sort((a, b) => (state.isDown ? -compare(a, b) : compare(a, b)));
      [...head.children].forEach((cell, place) => cell.setAttribute("aria-sort", place !== index ? "none" : state.isDown ? "descending" : "ascending"));
      fillBody();
    }

    function fillBody() {
      let group = null;
      const width = columns.reduce((sum, column) => sum + (column.kind === "quantity" ? 2 : 1), 0);
      body.replaceChildren(...state.rows.flatMap((row) => {
        const name = options.group?.(row) ?? null;
        const heading = name !== group ? [html("tr", { class: "group" }, html("th", { colspan: width, scope: "rowgroup" }, name))] : [];
        group = name;
        const key = options.key ? String(options.key(row)).slice(0, 80) : null;
        return [...heading, html("tr", { "data-key": key }, columns.map((column, index) => cells(column, row, index === 0)))];
      }));
    }

    fillBody();
    const drawn = html("table", { "data-table": name }, html("caption", null, options.caption || name), html("thead", null, head), body);
    return html("div", { class: "table-box" }, html("div", { class: "table-scroll", tabindex: options.isWide ? 0 : null, role: options.isWide ? "region" : null, "aria-label": options.isWide ? options.caption : null }, drawn), Kit.copyButton(() => tableCSV(columns, state.rows), options.caption || name));
  }

  function cells(column, row, isHeader) {
    const value = column.get(row);
    if (column.draw) return html("td", { class: column.class || null }, column.draw(row));
    if (column.kind === "number") return html("td", { class: "number" }, decimal(value, column.digits ?? 3, column.sign));
    if (column.kind === "quantity") {
      return [html("td", { class: "number value" }, decimal(value?.value, column.digits ?? 3, column.sign)),
        html("td", { class: "number error" }, isNumber(value?.standard_uncertainty) ? `± ${uncertainty(value.standard_uncertainty, column.digits ?? 3)}` : "")];
    }
    const words = value === null || value === undefined ? "–" : column.isTypeset ? typeset(value) : bounded(value, 160);
    // A word without end may break anywhere, others keep a table from being squeezed to single letters.
    const long = String(value ?? "").split(/\s/).some((word) => word.length > 28) ? "long" : null;
    return isHeader ? html("th", { scope: "row", class: long }, words) : html("td", { class: long }, words);
  }

  function tableCSV(columns, rows) {
    const header = columns.flatMap((column) => {
      const name = column.unit ? `${column.label} (${column.unit})` : column.label;
      return column.kind === "quantity" ? [name, `${name}, standard uncertainty`] : [name];
    });
    return Kit.csv(header, rows.map((row) => columns.flatMap((column) => {
      const value = column.get(row);
      return column.kind === "quantity" ? [value?.value, value?.standard_uncertainty] : [value];
    })));
  }

  const known = (rows) => rows.filter(([, , ...values]) => values.some((value) => value !== undefined && value !== null));

  function energies(document) {
    const doubled = (quantity) => quantity && { value: 2 * quantity.value, standard_uncertainty: 2 * quantity.standard_uncertainty };
    const sigma = document.surface_energy;
    const plain = (value) => (isNumber(value) ? { value } : undefined);
    const rows = known([
      ["W_ad", "work of adhesion, strongest registry", document.work_of_adhesion?.j_per_m2, document.work_of_adhesion?.ev_per_atom],
      ["2 sigma", "cost of opening the metal", doubled(sigma?.j_per_m2), doubled(sigma?.ev_per_atom)],
      ["W_ad - 2 sigma", "margin of the criterion", undefined, document.margin_ev_per_atom],
      ["sigma", "surface energy of the metal, strained and relaxed", sigma?.j_per_m2, sigma?.ev_per_atom],
      ["sigma, cleaved", "the same as cleaved", document.surface_energy_cleaved?.j_per_m2, document.surface_energy_cleaved?.ev_per_atom],
      ["sigma of the substrate", "surface energy of the substrate slab", plain(document.substrate_surface_energy_j_per_m2)],
      ["interface energy", "sigma of both less W_ad", plain(document.interface_energy_j_per_m2)],
      ["to the interface", "segregation energy of a vacancy, eq 11", undefined, document.segregation_to_interface_ev],
      ["to the free surface", "segregation energy of a vacancy, eq 12", undefined, document.segregation_to_surface_ev],
    ]);
    return table("energies", [
      { label: "quantity", kind: "text", isTypeset: true, get: (row) => row[0] },
      { label: "", kind: "text", isTypeset: true, get: (row) => row[1] },
      { label: "for each surface atom", unit: "eV", kind: "quantity", get: (row) => row[3] },
      { label: "for the area", unit: "J/m2", kind: "quantity", get: (row) => row[2] },
    ], rows, { caption: "Energies, with one standard uncertainty", key: (row) => row[0] });
  }

  /// The paper's numbers beside ours, where it studied this interface.
  function paperOf(document) {
    const rows = list(document.paper);
    if (!rows.length) return null;
    return html("div", { class: "is-wide" }, table("paper", comparisonColumns(true), rows, { caption: "Beside Seymour & Aguadero (2021)", key: (row) => row.id, isWide: true }));
  }

  function vacancies(document) {
    const rows = list(document.vacancies);
    if (!rows.length) return null;
    return table("vacancies", [
      { label: "place", kind: "text", get: (row) => row.place },
      { label: "layer", kind: "number", digits: 0, get: (row) => row.layer },
      { label: "equivalent sites", kind: "number", digits: 0, get: (row) => row.equivalent_sites },
      { label: "unrelaxed", unit: "eV", kind: "quantity", get: (row) => ({ value: row.unrelaxed_ev, standard_uncertainty: row.unrelaxed_deviation_ev }) },
      { label: "relaxed", unit: "eV", kind: "quantity", get: (row) => ({ value: row.relaxed_ev, standard_uncertainty: row.relaxed_deviation_ev }) },
      { label: "", kind: "text", get: (row) => (row.is_converged === false ? "not converged" : "") },
    ], rows, { caption: "Formation energies of vacancies (eq 3)", key: (row) => row.place });
  }

  function registries(document) {
    const rows = list(document.registries);
    if (!rows.length) return null;
    return table("registries", [
      { label: "registry", kind: "text", get: (row) => row.name },
      { label: "rigid gap", unit: "angstrom", kind: "number", digits: 2, get: (row) => row.rigid_gap_angstrom },
      { label: "relaxed gap", unit: "angstrom", kind: "number", digits: 2, get: (row) => row.relaxed_gap_angstrom },
      { label: "W_ad rigid", unit: "eV/atom", kind: "number", get: (row) => row.rigid_work_of_adhesion_ev_per_atom },
      { label: "W_ad relaxed", unit: "eV/atom", kind: "number", get: (row) => row.relaxed_work_of_adhesion_ev_per_atom },
      { label: "force calls", kind: "number", digits: 0, get: (row) => row.force_calls },
      { label: "", kind: "text", get: (row) => (row.is_bound === false ? "not bound" : "") },
    ], rows, { caption: "Registries of the two lattices", key: (row) => row.name });
  }

  // MARK: Plain facts

  const units = [
    ["_ev_per_angstrom", "eV/Å"], ["_per_angstrom3", "Å⁻³"], ["_ev_per_atom", "eV/atom"], ["_j_per_m2", "J/m²"], ["_per_nm2", "nm⁻²"],
    ["_angstrom2", "Å²"], ["_angstrom", "Å"], ["_degrees", "°"], ["_seconds", "s"], ["_ev", "eV"],
  ];

  /// The name and the unit that a key carries: "cutoff_ev" is the cutoff in eV.
  function keyName(key) {
    let [name, unit] = [String(key), ""];
    if (name.endsWith("_ev_per_angstrom3")) [name, unit] = [name.slice(0, -17), "eV/Å³"];
    for (const [ending, sign] of units) {
      if (!unit && name.endsWith(ending)) [name, unit] = [name.slice(0, -ending.length), sign];
    }
    return [name.replaceAll("_", " "), unit];
  }

  function plainValue(value) {
    if (isNumber(value)) return Kit.general(value);
    if (typeof value === "boolean") return value ? "yes" : "no";
    if (Array.isArray(value)) return value.map(plainValue).join(", ");
    if (value && typeof value === "object") return Object.entries(value).map(([key, entry]) => `${clipped(key, 40)} ${plainValue(entry)}`).join(", ") || "none";
    return clipped(value ?? "–", 400);
  }

  const facts = (entries) => html("dl", { class: "facts" }, entries.filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([name, value]) => html("div", null, html("dt", null, typeset(clipped(name, 80))), html("dd", null, value instanceof Node || Array.isArray(value) ? value : bounded(value, 400)))));

  const factsOf = (record) => facts(Object.entries(record || {}).map(([key, value]) => {
    const [name, unit] = keyName(key);
    return [name, `${plainValue(value)}${unit && unit !== "°" ? " " : ""}${unit}`];
  }));

  function details(summary, ...content) {
    const shown = content.flat().filter(Boolean);
    return shown.length ? html("details", null, html("summary", null, summary), shown) : null;
  }

  function geometry(document) {
    const strains = list(document.principal_strains).map((strain) => `${decimal(100 * strain, 2, true)} %`).join(", ");
    const bulk = (crystal) => crystal && `${clipped(crystal.space_group, 40)}; ${list(crystal.lattice_parameters_angstrom).map((length) => decimal(length)).join(", ")} Å; ${decimal(crystal.energy_ev_per_atom)} eV/atom`;
    const cut = document.substrate_cut;
    const excess = Object.entries(cut?.excess || {}).map(([element, number]) => `${number} ${clipped(element, 20)}`).join(", ");
    const range = document.substrate_surface_energy_range;
    return facts([
      ["strain of the metal in the plane", strains],
      ["area of the interface cell", isNumber(document.interface_area_angstrom2) ? `${decimal(document.interface_area_angstrom2, 2)} Å²` : null],
      ["surface atoms", isNumber(document.surface_density_per_nm2) ? `${decimal(document.surface_density_per_nm2, 2)} nm⁻²` : null],
      ["contact angle", isNumber(document.contact_angle_degrees) ? `${decimal(document.contact_angle_degrees, 0)}°, ${clipped(document.wetting, 40)} wetting` : null],
      ["metal in bulk", bulk(document.metal_bulk)], ["substrate in bulk", bulk(document.substrate_bulk)],
      ["cut of the substrate", cut && `${cut.planes} planes, from ${clipped(cut.lower_plane, 40)} to ${clipped(cut.upper_plane, 40)}; ${cut.is_stoichiometric ? "stoichiometric" : `excess of ${excess || "atoms"}`}${isNumber(cut.tasker_type) ? `; Tasker type ${cut.tasker_type}` : ""}`],
      ["sigma of the substrate", range && `${decimal(range.lowest_j_per_m2)} J/m² (with ${list(range.phases_at_lowest).map((phase) => clipped(phase, 40)).join(", ")}) to ${decimal(range.highest_j_per_m2)} J/m² (with ${list(range.phases_at_highest).map((phase) => clipped(phase, 40)).join(", ")})`],
      ["source of the substrate", document.substrate_source],
    ]);
  }

  function provenance(document) {
    const cost = document.cost || {};
    const source = cost.engine_source;
    const stages = Object.entries(cost.force_calls_by_stage || {});
    return [
      facts([
        ["engine", cost.engine], ["versions", list(cost.engine_versions).map((version) => clipped(version, 120)).join("; ")],
        ...citation(source),
        ["program", document.program_version && `Lacuna ${clipped(document.program_version, 40)}`],
        ["force calls", isNumber(cost.force_calls) ? `${cost.force_calls}, of them ${cost.engine_calls ?? 0} by the engine in this run` : null],
        ["time", isNumber(cost.total_seconds) ? `${seconds(cost.total_seconds)}, of it ${seconds(cost.engine_seconds)} in the engine` : null],
      ]),
      stages.length ? table("stages", [
        { label: "stage", kind: "text", get: (row) => row[0] }, { label: "force calls", kind: "number", digits: 0, get: (row) => row[1] },
      ], stages, { caption: "Force calls by stage" }) : null,
    ];
  }

  /// What to cite for an interatomic model, as facts.
  const citation = (source) => [["cite", source && [clipped(source.reference, 300), " ", doi(source.doi)]], ["licence of the model", source?.licence]];

  function doi(text) {
    const valid = /^10\.\d{4,9}\/[A-Za-z0-9.()/:;_-]{1,200}$/.test(text || "");
    return valid ? html("a", { href: `https://doi.org/${encodeURI(text)}`, rel: "noopener noreferrer" }, `doi:${text}`) : null;
  }

  function seconds(value) {
    if (!isNumber(value)) return "–";
    if (value < 120) return `${decimal(value, value < 10 ? 1 : 0)} s`;
    return value < 7200 ? `${decimal(value / 60, 0)} min` : `${decimal(value / 3600, 1)} h`;
  }

  function shares(document) {
    const names = { thickness_fit: "fit through slabs of different thickness", registry: "spread of the registries", relaxation: "what is left of the forces", engine: "engine and settings" };
    const rows = Object.entries(document.uncertainty_shares_ev_per_atom || {}).filter(([, value]) => isNumber(value));
    if (!rows.length) return null;
    return table("shares", [
      { label: "share", kind: "text", get: ([key]) => names[key] || keyName(key)[0] },
      { label: "of the margin’s uncertainty", unit: "eV/atom", kind: "number", get: ([, value]) => value },
    ], rows, { caption: "Where the uncertainty comes from" });
  }

  function thickness(document) {
    const series = document.thickness_series;
    if (!series) return null;
    return facts([
      ["bulk energy, slope of the slabs (used)", isNumber(series.slope_reference_ev_per_atom?.value) ? `${decimal(series.slope_reference_ev_per_atom.value, 4)} eV/atom` : null],
      ["bulk energy, bulk cell", isNumber(series.bulk_reference_ev_per_atom) ? `${decimal(series.bulk_reference_ev_per_atom, 4)} eV/atom` : null],
      ["bulk energy, difference of two slabs", isNumber(series.difference_reference_ev_per_atom) ? `${decimal(series.difference_reference_ev_per_atom, 4)} eV/atom` : null],
      ["residual of the fit", isNumber(series.fit_residual_ev) ? `${decimal(1000 * series.fit_residual_ev, 2)} meV` : null],
    ]);
  }

  function surfaceChoice(document) {
    const choice = document.surface_choice;
    if (!choice) return null;
    return [html("p", null, bounded(choice.reason)), table("surfaces", [
      { label: "substrate", kind: "text", get: (row) => row.substrate_surface }, { label: "metal", kind: "text", get: (row) => row.metal_surface },
      { label: "area", unit: "angstrom2", kind: "number", digits: 1, get: (row) => row.area_angstrom2 },
      { label: "largest strain", unit: "%", kind: "number", digits: 2, get: (row) => 100 * list(row.principal_strains).reduce((most, strain) => (Math.abs(strain) > Math.abs(most) ? strain : most), 0) },
      { label: "", kind: "text", get: (row) => [row.is_non_polar === false ? "polar" : "", row.is_stoichiometric === false ? "not stoichiometric" : ""].filter(Boolean).join(", ") },
    ], list(choice.candidates), { caption: "Pairs of surfaces that were weighed" })];
  }

  function sentence(text) {
    const words = clipped(text, 1200).trim();
    return words.charAt(0).toUpperCase() + words.slice(1) + (/[.!?…]$/.test(words) ? "" : ".");
  }

  function warnings(texts, heading = "Doubts") {
    if (!texts.length) return null;
    return html("aside", { class: "warnings", "aria-label": heading }, html("h3", null, heading), html("ul", null, texts.map((text) => html("li", null, typeset(sentence(text))))));
  }

  // MARK: Figures and views

  let figureCount = 0;

  /// A plot with title, caption and CSV button; `view` is the view that its points belong to.
  function figureOf(figure, view, heading = "h4") {
    // Beside a view a plot is as high as the view.
    const drawn = Plot.draw(figure, { pick: (site) => view?.select(site), height: view ? 340 : null });
    view?.onselect((sites) => drawn.select(sites));
    const shown = html("figure", { class: "plot-box", id: `figure-${Kit.identifier(figure.id)}-${++figureCount}`, "data-viewer": view ? view.element.dataset.view : null },
      html("div", { class: "plot-head" }, html(heading, null, typeset(clipped(figure.title, 160))), Kit.copyButton(() => Plot.csv(figure), figure.title || "figure")),
      drawn.element, html("figcaption", null, typeset(clipped(figure.caption, 1200))));
    if (view?.data.kind === "path") drawn.select([view.image]);
    return shown;
  }

  /// Views beside the plots that belong to them, then the other plots.
  function gallery(figures, viewers) {
    const views = viewers.map((viewer, index) => Views.make(viewer, figureCount + index));
    const taken = new Set();
    const linked = [];
    const alone = [];
    for (const view of views) {
      const mine = figures.filter((figure) => figure.viewer && figure.viewer === view.data.id);
      for (const figure of mine) taken.add(figure);
      if (mine.length) linked.push(html("div", { class: "linked" }, view.element, mine.map((figure) => figureOf(figure, view))));
      else alone.push(view.element);
    }
    const rest = figures.filter((figure) => !taken.has(figure)).map((figure) => figureOf(figure, null));
    return [linked, alone.length ? html("div", { class: "plots" }, alone) : null, rest.length ? html("div", { class: "plots" }, rest) : null];
  }

  // MARK: Sections

  function assessmentSection(entry, index) {
    const document = entry.document;
    const name = pair(document.metal, document.metal_surface, document.substrate, document.substrate_surface);
    return section(`assessment-${index}`, name, [
      card(document), warnings(list(document.warnings)),
      list(entry.figures).length || list(entry.viewers).length ? html("h3", null, "Structure and plots") : null, gallery(list(entry.figures), list(entry.viewers)),
      html("h3", null, "Numbers"), html("div", { class: "tables" }, energies(document), vacancies(document), registries(document), paperOf(document)),
      html("h3", null, "How it was computed"),
      details("Geometry", geometry(document)), details("Choice of the surfaces", surfaceChoice(document)),
      details("Uncertainty", shares(document), thickness(document)),
      details("Settings", factsOf(document.settings)), details("Engine and cost", provenance(document)),
    ], document.verdict);
  }

  function screeningSection(screening) {
    const rows = list(screening.rows);
    const face = (name, cut) => (cut ? `${name} (${cut})` : name);
    const columns = [
      { label: "substrate", kind: "text", get: (row) => face(row.substrate, row.substrate_surface), draw: (row) => html("a", { href: `#assessment-${Number(row.assessment) || 0}` }, bounded(face(row.substrate, row.substrate_surface), 80)) },
      { label: "metal", kind: "text", get: (row) => face(row.metal, row.metal_surface) },
      { label: "verdict", kind: "text", get: (row) => verdictOf(row.verdict).text, draw: (row) => html("span", { class: "verdict-cell" }, badge(row.verdict, 15), verdictOf(row.verdict).text) },
      { label: "W_ad - 2 sigma", unit: "eV/atom", kind: "quantity", sign: true, get: (row) => ({ value: row.margin_ev_per_atom, standard_uncertainty: row.standard_uncertainty }) },
      { label: "W_ad", unit: "eV/atom", kind: "number", get: (row) => row.work_of_adhesion_ev_per_atom },
      { label: "sigma", unit: "eV/atom", kind: "number", get: (row) => row.surface_energy_ev_per_atom },
    ];
    if (rows.some((row) => isNumber(row.largest_strain))) {
      columns.push({ label: "strain", unit: "%", kind: "number", digits: 2, sign: true, get: (row) => (isNumber(row.largest_strain) ? 100 * row.largest_strain : undefined) });
    }
    const failures = list(screening.failures);
    return section("screening", "Substrates compared", [
      html("p", { class: "prose" }, "The substrate that holds the metal best comes first. A margin above zero means that the interface is stronger than the metal."),
      rows.length ? table("screening", columns, rows, { caption: "Candidates, ranked", isSortable: true, isWide: true, key: (row) => row.assessment }) : null,
      screening.figure ? figureOf(withCorners(screening.figure), null, "h3") : null,
      failures.length ? html("div", { class: "failures" }, html("h3", null, "Not assessed"), html("dl", null, failures.map((failure) => html("div", null, html("dt", null, bounded(failure.substrate, 80)), html("dd", null, bounded(failure.reason)))))) : null,
    ]);
  }

  /// Names of the two halves of the map, where the figure has none of its own.
  function withCorners(figure) {
    const [x, y] = [figure.x?.range, figure.y?.range];
    if (list(figure.notes).length || !Array.isArray(x) || !Array.isArray(y)) return figure;
    const at = (range, share) => range[0] + share * (range[1] - range[0]);
    return { ...figure, notes: [{ x: at(x, 0.14), y: at(y, 0.94), text: "voids suppressed" }, { x: at(x, 0.88), y: at(y, 0.06), text: "voids form" }] };
  }

  // MARK: The paper computed again

  const paperValue = (row) => (isNumber(row.paper) ? row.paper : Array.isArray(row.paper_range) ? row.paper_range[row.difference < 0 ? 0 : 1] : NaN);
  const digitsOf = (unit) => (unit === "percent" || String(unit).startsWith("atoms") ? 2 : 3);

  /// How far a number may lie from the paper's: 10 % or, for energies of atoms, 30 meV if that is more.
  function tolerance(row) {
    const tenth = 0.1 * Math.abs(paperValue(row));
    return /^eV/.test(row.unit || "") ? Math.max(0.03, tenth) : tenth;
  }

  function differenceBar(row) {
    const allowed = tolerance(row);
    const share = row.difference / allowed;
    if (!Number.isFinite(share)) return "";
    const isBeyond = Math.abs(share) > 1;
    const end = 50 + (46 * Math.max(-3, Math.min(3, share))) / 3;
    const [from, to] = [Math.min(50, end), Math.max(50, end)];
    const half = 46 / 3;
    const drawn = svg("svg", { class: `bar-cell${isBeyond ? " is-beyond" : ""}`, width: 110, height: 16, viewBox: "0 0 100 16", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { x: 50 - half, width: 2 * half, y: 1, height: 14, class: "allowed" }), svg("line", { x1: 50, x2: 50, y1: 0, y2: 16, class: "axis" }),
      svg("rect", { x: from, width: Math.max(0.8, to - from), y: 5, height: 6, class: "bar" }));
    if (Math.abs(share) > 3) drawn.append(svg("path", { class: "over", d: share > 0 ? "M95 3l5 5-5 5z" : "M5 3L0 8l5 5z" }));
    return html("span", { title: `${decimal(Math.abs(share), 1)} times the allowed difference` }, drawn, html("span", { class: "beyond" }, isBeyond ? "beyond" : ""));
  }

  const paperText = (row) => (Array.isArray(row.paper_range) && !isNumber(row.paper)
    ? row.paper_range.map((value) => decimal(value, digitsOf(row.unit))).join(" to ") : decimal(row.paper, digitsOf(row.unit)));

  function comparisonColumns(isComputed) {
    return [
      { label: "quantity", kind: "text", get: (row) => row.name, draw: (row) => [typeset(clipped(row.name, 160)), row.note ? html("small", { class: "row-note" }, typeset(clipped(row.note, 300))) : null], class: "quantity" },
      { label: "unit", kind: "text", get: (row) => row.unit, draw: (row) => typeset(clipped(row.unit, 40)), class: "unit-cell" },
      { label: "paper", kind: "number", get: (row) => (isNumber(row.paper) ? row.paper : list(row.paper_range).join(" to ")), draw: paperText, class: "number" },
      ...(isComputed ? [
        { label: "ours", kind: "number", get: (row) => row.ours, draw: (row) => decimal(row.ours, digitsOf(row.unit)), class: "number" },
        { label: "difference", kind: "number", get: (row) => row.difference, draw: (row) => decimal(row.difference, digitsOf(row.unit), true), class: "number" },
        { label: "beside 10 % or 30 meV", kind: "text", get: (row) => (Math.abs(row.difference) > tolerance(row) ? "beyond" : "within"), draw: differenceBar, class: "bar-column" },
      ] : []),
    ];
  }

  function comparison(document) {
    const rows = list(document.rows);
    const computed = rows.filter((row) => isNumber(row.ours));
    const missing = rows.filter((row) => !isNumber(row.ours));
    const place = (row) => (isNumber(row.figure) ? row.figure : 0);
    const sorted = [...computed].sort((one, other) => place(one) - place(other));
    const group = (row) => (isNumber(row.figure) ? `Figure ${row.figure}` : "Lattice parameters");
    const beyond = computed.filter((row) => Math.abs(row.difference) > tolerance(row)).length;
    return [
      html("p", { class: "prose" }, `${computed.length} of ${rows.length} quantities of the paper were computed; ${computed.length - beyond} lie within 10 % or 30 meV of its numbers, whichever is larger, ${beyond} beyond. The grey band is what is allowed, and bars end at three times that.`),
      sorted.length ? table("comparison", comparisonColumns(true), sorted, { caption: "The paper’s numbers and ours", key: (row) => row.id, group, isWide: true }) : null,
      missing.length ? details(`${missing.length} quantities not computed`, table("comparison-missing", comparisonColumns(false), missing, { caption: "Not computed, with the paper’s numbers", key: (row) => row.id, group })) : null,
    ];
  }

  function failuresByReason(document) {
    const reasons = new Map();
    for (const [name, text] of Object.entries(document.failures || {})) {
      const key = String(text);
      if (!reasons.has(key)) reasons.set(key, []);
      reasons.get(key).push(name);
    }
    if (!reasons.size) return null;
    return details(`${Object.keys(document.failures).length} systems that could not be computed, and why`, html("dl", { class: "facts" }, [...reasons].map(([reasonText, names]) =>
      html("div", null, html("dt", null, bounded(reasonText)), html("dd", null, names.map((name) => clipped(name, 80)).join("; "))))));
  }

  function interfaces(document) {
    const rows = Object.entries(document.interfaces || {});
    if (!rows.length) return null;
    return details("Interfaces", table("interfaces", [
      { label: "interface", kind: "text", get: ([name]) => name },
      { label: "strain", unit: "%", kind: "number", digits: 2, sign: true, get: ([, row]) => row.strain_percent },
      { label: "sigma", unit: "eV/atom", kind: "number", get: ([, row]) => row.surface_energy_ev_per_atom },
      { label: "W_ad", unit: "eV/atom", kind: "number", get: ([, row]) => row.work_of_adhesion_ev_per_atom },
      { label: "segregation, eq 11", unit: "eV", kind: "number", sign: true, get: ([, row]) => row.segregation_predicted_ev },
      { label: "explicit, unrelaxed", unit: "eV", kind: "number", sign: true, get: ([, row]) => row.segregation_unrelaxed_ev },
      { label: "explicit, relaxed", unit: "eV", kind: "number", sign: true, get: ([, row]) => row.segregation_relaxed_ev },
    ], rows, { caption: "Interfaces", isWide: true }));
  }

  function layersOf(document) {
    const surfaces = Object.values(document.surfaces || {}).filter((surface) => list(surface.vacancies).length);
    return details("Vacancies layer by layer", surfaces.map((surface) => table("layers", [
      { label: "layer", kind: "text", get: (row) => String(row.layer) },
      { label: "as cleaved", unit: "eV", kind: "number", get: (row) => row.cleaved_ev },
      { label: "relaxed surface", unit: "eV", kind: "number", get: (row) => row.relaxed_surface_ev },
      { label: "relaxed", unit: "eV", kind: "number", get: (row) => row.relaxed_ev },
      { label: "", kind: "text", get: (row) => [isNumber(row.settled_layer) && row.settled_layer !== row.layer ? `falls to layer ${row.settled_layer}` : "", row.is_converged === false ? "not converged" : ""].filter(Boolean).join("; ") },
    ], surface.vacancies, { caption: `${clipped(surface.name, 80)}, ${plainValue(surface.supercell)} by ${plainValue(surface.supercell)} cells` })));
  }

  function reproductionSection(entry, index) {
    const document = entry.document;
    const places = [...Object.entries(document.surfaces || {}), ...Object.entries(document.interfaces || {})];
    const doubts = places.flatMap(([name, place]) => list(place.not_converged).map((stage) => `${place.name || name}: ${stage}.`));
    return section(`reproduction-${index}`, `The paper computed again with ${engineName(document.engine)}`, [
      html("p", { class: "prose" }, `${clipped(document.source, 200)}; engine ${clipped(document.engine, 120)}, preset ${clipped(document.preset, 60)}.`),
      warnings(doubts, "Not converged"), html("h3", null, "Paper and ours"), comparison(document), failuresByReason(document),
      list(entry.figures).length || list(entry.viewers).length ? html("h3", null, "Figures") : null,
      gallery(list(entry.figures), list(entry.viewers)), interfaces(document), layersOf(document),
    ]);
  }

  // MARK: Paths

  function pathSection(entry, index) {
    return section(`path-${index}`, `Path: ${clipped(entry.name, 120)}`, [
      html("p", { class: "prose" }, barriers(entry)), warnings(entry.way?.slab_is_converged === false ? ["The slab without a vacancy did not relax to the end."] : []), html("h3", null, "Profile and images"),
      gallery(list(entry.figures), list(entry.viewers)), html("h3", null, "Numbers"),
      html("div", { class: "tables" }, entry.way ? [stops(entry.way), hops(entry.way)] : images(entry.band)),
      details("Engine and settings", entry.way?.origin ? factsOf(entry.way.origin) : null, entry.way?.engine_source ? facts(citation(entry.way.engine_source)) : null),
    ]);
  }

  function barriers({ way, band }) {
    const [there, back] = way ? [way.rate_limiting_inwards_ev, way.rate_limiting_outwards_ev] : [band?.forward_barrier_ev, band?.reverse_barrier_ev];
    const known = list(way?.hops);
    if (!isNumber(there) || !isNumber(back)) {
      if (known.some((hop) => hop.stays_in_crystal === false)) return "No barrier is given: the slab leaves its crystal on the way.";
      const stable = list(way?.stops).filter((stop) => stop.settled_layer === stop.layer);
      if (known.length > 0 && known.length < stable.length - 1) return "No barrier is given: some hops are not computed yet.";
      return known.some((hop) => hop.is_converged === false) ? "No barrier is given: a hop did not converge." : "No barrier is given: no two neighbouring stops have a path between them.";
    }
    return way ? `The largest barrier of a vacancy is ${decimal(there)} eV inwards and ${decimal(back)} eV towards the surface.`
      : `The barrier is ${decimal(there)} eV forwards and ${decimal(back)} eV back.`;
  }

  const stops = (way) => table("stops", [
    { label: "layer", kind: "number", digits: 0, get: (row) => row.layer },
    { label: "energy", unit: "eV", kind: "number", get: (row) => row.energy_relative_ev },
    { label: "force calls", kind: "number", digits: 0, get: (row) => row.force_calls },
    { label: "", kind: "text", get: (row) => [row.settled_layer !== row.layer ? `falls to layer ${row.settled_layer}` : "", row.is_converged ? "" : "not converged"].filter(Boolean).join("; ") },
  ], list(way.stops), { caption: "Where the vacancy stops", key: (row) => row.layer });

  const hops = (way) => table("hops", [
    { label: "hop", kind: "text", get: (row) => `${row.from} to ${row.to}` },
    { label: "inwards", unit: "eV", kind: "number", get: (row) => row.forward_barrier_ev },
    { label: "outwards", unit: "eV", kind: "number", get: (row) => row.reverse_barrier_ev },
    { label: "force calls", kind: "number", digits: 0, get: (row) => row.force_calls },
    { label: "", kind: "text", get: (row) => [
      list(row.distances_angstrom).length ? "" : "the layers relax into each other", row.stays_in_crystal === false ? "the slab leaves its crystal" : row.is_converged ? "" : "not converged",
      row.minima_between > 0 ? `split at ${row.minima_between} minima on the way` : "",
    ].filter(Boolean).join("; ") },
  ], list(way.hops), { caption: "Barriers between layers", key: (row) => row.from });

  const images = (band) => table("images", [
    { label: "image", kind: "number", digits: 0, get: (row) => row },
    { label: "distance", unit: "angstrom", kind: "number", get: (row) => band.distances_angstrom[row] },
    { label: "energy", unit: "eV", kind: "number", digits: 4, get: (row) => band.energies_relative_ev[row] },
    { label: "force along", unit: "eV/angstrom", kind: "number", get: (row) => band.forces_along_ev_per_angstrom?.[row] },
  ], list(band?.energies_relative_ev).map((_, image) => image), { caption: "Images", key: (row) => row });

  const engineName = (engine) => {
    const text = String(engine ?? "");
    const model = /^kim:([A-Za-z]+)_(?:LAMMPS_)?([A-Za-z]+)_(\d{4})/.exec(text);
    if (model) return `the ${model[1]} model ${model[2]} ${model[3]}`;
    return { gpaw: "GPAW", learned: "a learned potential", qe: "Quantum ESPRESSO", cp2k: "CP2K", vasp: "VASP" }[text] || clipped(text, 60);
  };

  // MARK: The frame

  const sections = [];

  function section(id, title, content, verdict) {
    const heading = html("h2", { id: `${id}-title` }, bounded(title, 160));
    const shown = html("section", { id, "aria-labelledby": `${id}-title` }, heading);
    for (const part of content.flat(Infinity)) if (part) shown.append(part);
    sections.push({ id, title, verdict });
    return shown;
  }

  function contents() {
    const nav = document.getElementById("contents");
    if (sections.length < 2) return;
    nav.hidden = false;
    document.body.classList.add("has-contents");
    nav.append(html("h2", null, "Contents"), html("ol", null, sections.map(({ id, title, verdict }) =>
      html("li", null, html("a", { href: `#${id}` }, verdict ? badge(verdict, 13) : null, html("span", { title: title.length > 70 ? title.slice(0, 2000) : null }, clipped(title, 70)), verdict ? html("span", { class: "hidden" }, `: ${verdictOf(verdict).text}`) : null)))));
    const links = new Map([...nav.querySelectorAll("a")].map((link) => [link.getAttribute("href").slice(1), link]));
    const observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of links.values()) link.removeAttribute("aria-current");
        links.get(entry.target.id)?.setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-15% 0px -75% 0px" });
    for (const { id } of sections) observer.observe(document.getElementById(id));
  }

  function theme() {
    const button = document.getElementById("theme");
    const names = { auto: "automatic", light: "light", dark: "dark" };
    const order = Object.keys(names);
    let current = "auto";
    button.addEventListener("click", () => {
      current = order[(order.indexOf(current) + 1) % order.length];
      if (current === "auto") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = current;
      button.textContent = `Theme: ${names[current]}`;
    });
  }

  /// Paper has no hidden parts: what is folded is unfolded for print and folded again.
  function printing() {
    let folded = [];
    window.addEventListener("beforeprint", () => {
      folded = [...document.querySelectorAll("details:not([open])")];
      for (const part of folded) part.open = true;
    });
    window.addEventListener("afterprint", () => { for (const part of folded) part.open = false; });
  }

  function start() {
    const text = (id, words) => { document.getElementById(id).textContent = words; };
    document.title = clipped(page.title || "Lacuna", 120);
    document.getElementById("title").replaceChildren(bounded(page.title || "Lacuna", 200));
    text("version", clipped(page.program_version ?? "", 40));
    const date = new Date(page.written_at);
    text("written", Number.isNaN(date.getTime()) ? "" : `Written ${date.toISOString().slice(0, 16).replace("T", " ")} UTC.`);
    if (list(page.assessments).length || list(page.reproductions).length) document.getElementById("lede").append(...typeset("Voids are suppressed where parting metal and solid electrolyte costs at least as much as opening the metal itself: W_ad ≥ 2σ, work of adhesion against twice the surface energy of the metal."));
    const main = document.getElementById("main");
    if (page.screening) main.append(screeningSection(page.screening));
    list(page.assessments).forEach((entry, index) => main.append(assessmentSection(entry, index)));
    list(page.reproductions).forEach((entry, index) => main.append(reproductionSection(entry, index)));
    list(page.paths).forEach((entry, index) => main.append(pathSection(entry, index)));
    if (!sections.length) main.append(html("p", { class: "note" }, "There are no results on this page."));
    contents();
    theme();
    printing();
    document.documentElement.dataset.ready = "yes";
  }

  return { start };
})();

Report.start();

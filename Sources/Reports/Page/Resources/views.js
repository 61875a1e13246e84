"use strict";

// Three-dimensional views by chemiscope.
//
// A browser allows about sixteen WebGL contexts. Four stages are shared by all views of a page: a view that comes
// near the window takes a free stage, or the one that was used longest ago, which leaves a still picture behind.
const Views = (() => {
  const { html, isNumber, decimal, clipped } = Kit;
  const limit = 4;
  const stages = [];
  let clock = 0;

  const isInstalled = () => typeof Chemiscope !== "undefined";

  // MARK: Colours

  // Blue repels vacancies, orange-red attracts them: told apart with every common colour blindness.
  const cold = [33, 102, 172];
  const middle = [226, 226, 224];
  const warm = [204, 72, 20];
  // The lattice beside the coloured sites stays quiet: no element has a colour of the scale.
  const quiet = ["#8a97a3", "#c3b48d", "#7d8c78", "#a492ab", "#63666e", "#b5a3a0"];
  const plain = "#d3d5d8";
  const chosen = "#f2c200";
  const radii = { H: 0.4, Li: 0.72, Na: 0.86, K: 1.02, Mg: 0.76, O: 0.62, F: 0.6, N: 0.6, S: 0.82, Cl: 0.84, Br: 0.94, I: 1.05, P: 0.8 };

  function colour(value, reach) {
    const share = Math.max(-1, Math.min(1, reach > 0 ? value / reach : 0));
    const end = share < 0 ? cold : warm;
    // Close to zero the scale is left quickly, so that 30 meV can be seen beside 300.
    const weight = Math.abs(share) ** 0.8;
    return "#" + middle.map((from, index) => Math.round(from + (end[index] - from) * weight).toString(16).padStart(2, "0")).join("");
  }

  /// A round number that no segregation energy exceeds.
  function reachOf(sites) {
    const largest = sites.reduce((most, site) => Math.max(most, Math.abs(site.segregation_ev) || 0), 0);
    return Math.max(0.05, Math.ceil(largest / 0.05 - 1e-9) * 0.05);
  }

  // MARK: Structures

  /// A structure for chemiscope, with no string of the data in it but the symbols of elements.
  function structureOf(frame) {
    const positions = Array.isArray(frame.positions_angstrom) ? frame.positions_angstrom.filter((place) => Array.isArray(place) && place.length >= 3) : [];
    const coordinate = (axis) => positions.map((place) => (isNumber(place[axis]) ? place[axis] : 0));
    const structure = {
      size: positions.length,
      names: positions.map((_, index) => (/^[A-Z][a-z]?$/.test(frame.species?.[index]) ? frame.species[index] : "X")),
      x: coordinate(0), y: coordinate(1), z: coordinate(2),
      // Bonds mean little in a metal, and to look for them takes most of the time of loading.
      bonds: [],
    };
    const cell = (frame.cell_angstrom || []).flat();
    if (cell.length === 9 && cell.every(isNumber)) structure.cell = cell;
    return structure;
  }

  const isMetal = (frame, atom) => !frame.part || frame.part[atom] === "metal";

  // MARK: Stages

  /// A chemiscope viewer that moves from view to view.
  function makeStage() {
    const element = html("div", { class: "stage" });
    document.body.append(element);
    const before = new Set(document.body.children);
    const molecule = new Chemiscope.MoleculeViewer(element, [], new Chemiscope.Warnings());
    // Its form of settings stands at the end of the body; the page has its own few controls.
    for (const added of document.body.children) if (!before.has(added)) added.hidden = true;
    const shadow = element.firstElementChild?.shadowRoot;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(".chsp-viewer-button, .chsp-cell-info { display: none !important } canvas { outline: none } @media print { canvas { width: 100% !important; height: 100% !important; object-fit: contain } }");
    if (shadow) shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
    molecule.applySettings({ bonds: false, unitCell: false, keepOrientation: true, environments: { activated: false } });
    return { element, molecule, view: null, used: 0 };
  }

  /// Changes a scene and draws it once: 3Dmol draws after each of its calls, which takes seconds where there is no GPU.
  function atOnce(scene, work) {
    const isOuter = !Object.hasOwn(scene, "show");
    if (isOuter) scene.show = () => {};
    try {
      work();
    } finally {
      if (isOuter) {
        delete scene.show;
        scene.render();
      }
    }
  }

  function stageFor(view) {
    let stage = stages.find((entry) => entry.view === view) || stages.find((entry) => !entry.view);
    if (!stage && stages.length < limit) stages.push((stage = makeStage()));
    if (!stage) {
      // A view on the screen keeps its stage while another is out of sight.
      stage = [...stages].sort((a, b) => a.view.isNear - b.view.isNear || a.used - b.used)[0];
      stage.view.release();
    }
    stage.used = ++clock;
    return stage;
  }

  // MARK: A view

  /// The place of one view. `picked(site)` is called when an atom of a site is clicked.
  function make(data, index) {
    const id = `view-${Kit.identifier(data.id)}-${index}`;
    const canvas = html("div", { class: "view-canvas" });
    const readout = html("p", { class: "view-readout", "aria-live": "polite" });
    const isPath = data.kind === "path";
    const sites = isPath ? [] : (data.sites || []).filter((site) => isNumber(site.atom) && data.structures?.[site.structure || 0]);
    const covered = new Set(sites.map((site) => site.atom));
    const reach = reachOf(sites);
    const element = html("figure", { class: "view", id, "data-view": data.id.slice(0, 80), "data-state": "idle", "data-selected-site": "", "data-selected-atom": "" });
    const view = { data, element, sites, stage: null, isNear: false, selected: -1, image: 0, camera: null, listeners: [] };
    const structures = (data.structures || []).map(structureOf);

    const describe = (site) => [
      Kit.typeset(`Selected: ${clipped(site.label || `layer ${site.layer}`, 80)}; E_v = ${decimal(site.vacancy_ev)} eV`),
      isNumber(site.segregation_ev) ? `, segregation energy ${decimal(site.segregation_ev, 3, true)} eV` : "",
    ];

    function show() {
      if (!isInstalled() || view.stage || !structures.length) return;
      try {
        const stage = stageFor(view);
        stage.view = view;
        view.stage = stage;
        canvas.replaceChildren(stage.element);
        load(true);
        element.dataset.state = "ready";
      } catch (error) {
        element.dataset.state = "failed";
        canvas.replaceChildren(html("p", { class: "view-absent" }, "This browser cannot draw the structure: WebGL is switched off or not supported."));
      }
    }

    /// Loads what is to be seen now; the camera stays where it is unless the view has just taken its stage.
    function load(isNew) {
      const { molecule } = view.stage;
      const number = isPath ? view.image : 0;
      const structure = structures[number];
      molecule.onselect = (atom) => pickAtom(atom);
      const scene = molecule._viewer;
      const camera = isNew ? view.camera : scene.getView();
      atOnce(scene, () => {
        molecule.load(structure, undefined, {
          keepOrientation: true,
          environments: structure.names.map((_, center) => ({ structure: number, center, cutoff: 3 })),
        });
        paint(scene, data.structures[number], structure);
        if (camera) scene.setView(camera);
      });
      if (!camera) look(scene, structure);
    }

    /// Colours and radii atom by atom, which chemiscope's own settings do not offer: it passes them to 3Dmol.
    function paint(scene, frame, structure) {
      const groups = new Map();
      const colours = coloursOf(frame, structure);
      structure.names.forEach((name, atom) => {
        // Small where nothing was asked for: such atoms are not to be mistaken for neutral sites, nor to hide one.
        const size = sites.length && isMetal(frame, atom) && !covered.has(atom) ? 0.5 : 1;
        const key = `${colours[atom]} ${size * (radii[name] || 0.75)}`;
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(atom);
      });
      for (const [key, atoms] of groups) {
        const [color, radius] = key.split(" ");
        scene.setStyle({ serial: atoms }, { sphere: { color, radius: Number(radius) } });
      }
      halo(scene, structure);
    }

    function coloursOf(frame, structure) {
      const kinds = kindsOf(frame, structure);
      const colours = structure.names.map((name, atom) => (isMetal(frame, atom) && !isPath ? plain : kinds.get(name)));
      for (const site of sites) if (isNumber(site.segregation_ev)) colours[site.atom] = colour(site.segregation_ev, reach);
      if (isPath) for (const atom of movers()) colours[atom] = "#0072b2";
      return colours;
    }

    /// Atoms that travel along a path: those that move by more than half of the farthest one.
    function movers() {
      const [first, last] = [structures[0], structures[structures.length - 1]];
      if (!first || first.size !== last.size) return [];
      const way = first.x.map((_, atom) => Math.hypot(...["x", "y", "z"].map((axis) => last[axis][atom] - first[axis][atom])));
      const most = way.reduce((a, b) => Math.max(a, b), 0);
      return most > 0.3 ? way.flatMap((distance, atom) => (distance > most / 2 ? [atom] : [])) : [];
    }

    function halo(scene, structure) {
      scene.removeAllShapes();
      if (isPath || view.selected < 0) return;
      for (const number of alike(view.selected)) {
        const atom = sites[number].atom;
        const isChosen = number === view.selected;
        scene.addSphere({
          center: { x: structure.x[atom], y: structure.y[atom], z: structure.z[atom] },
          radius: (radii[structure.names[atom]] || 0.75) * (isChosen ? 1.7 : 1.35),
          color: chosen, alpha: isChosen ? 0.6 : 0.3,
        });
      }
    }

    /// Looks at the slab from its side, the metal's free surface to the right as in the plots by layer.
    function look(scene, structure) {
      const turn = (axis, degrees) => {
        const half = (degrees * Math.PI) / 360;
        return [axis === "x" ? Math.sin(half) : 0, axis === "y" ? Math.sin(half) : 0, 0, Math.cos(half)];
      };
      const times = ([a, b, c, d], [e, f, g, h]) => [d * e + a * h + b * g - c * f, d * f - a * g + b * h + c * e, d * g + a * f - b * e + c * h, d * h - a * e - b * f - c * g];
      atOnce(scene, () => {
        scene.zoomTo();
        scene.setView([...scene.getView().slice(0, 4), ...times(turn("x", 14), turn("y", 76))]);
        scene.setSlab(-1000, 1000);
      });
      // Where atoms are on the screen is known only after drawing.
      fit(scene, structure);
    }

    /// Fills the place: 3Dmol leaves room for a sphere around everything, most of it empty around a slab.
    function fit(scene, structure) {
      const points = structure.x.map((x, atom) => scene.modelToScreen({ x, y: structure.y[atom], z: structure.z[atom] }));
      // The zoom is about the middle of the place, which need not be the middle of what is seen of the atoms.
      const box = canvas.getBoundingClientRect();
      const middle = { x: box.left + window.scrollX + box.width / 2, y: box.top + window.scrollY + box.height / 2 };
      const span = (axis) => 2 * points.reduce((most, point) => Math.max(most, Math.abs(point[axis] - middle[axis])), 0);
      // Half a sphere stands out beyond the middle of an atom. Unit vectors along x, y and z have squares on the
      // screen that add up to twice that of an angstrom.
      const [origin, ...ends] = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]].map(([x, y, z]) => scene.modelToScreen({ x, y, z }));
      const angstrom = Math.sqrt(ends.reduce((sum, end) => sum + (end.x - origin.x) ** 2 + (end.y - origin.y) ** 2, 0) / 2);
      const sphere = 2 * angstrom * structure.names.reduce((most, name) => Math.max(most, radii[name] || 0.75), 0);
      const room = 24;
      const factor = Math.min((canvas.clientWidth - 2 * room) / Math.max(1, span("x") + sphere), (canvas.clientHeight - 2 * room) / Math.max(1, span("y") + sphere));
      if (Number.isFinite(factor) && factor > 0) scene.zoom(Math.min(factor, 8));
    }

    view.release = () => {
      const scene = view.stage.molecule._viewer;
      view.camera = scene.getView();
      canvas.replaceChildren(still(scene));
      view.stage.view = null;
      view.stage = null;
      element.dataset.state = "released";
    };

    /// A copy of what the scene shows, drawn at once: a picture by address would come too late for print.
    function still(scene) {
      scene.render();
      const source = scene.getCanvas();
      const copy = html("canvas", { class: "still", width: source.width, height: source.height, role: "img", "aria-label": "Still picture of the structure" });
      copy.getContext("2d").drawImage(source, 0, 0);
      return copy;
    }

    function alike(number) {
      const key = (site) => `${site.structure}|${site.layer}|${site.label}|${site.vacancy_ev}`;
      const wanted = key(sites[number]);
      return sites.flatMap((site, index) => (key(site) === wanted ? [index] : []));
    }

    function pickAtom(atom) {
      if (isPath) return;
      const number = sites.findIndex((site) => site.atom === atom);
      if (number >= 0) view.select(number);
      else readout.textContent = "No vacancy was computed at this atom.";
    }

    /// Selects a site, or an image of a path.
    view.select = (number) => {
      if (isPath) return selectImage(number);
      if (!sites[number]) return;
      view.selected = number;
      element.dataset.selectedSite = number;
      element.dataset.selectedAtom = sites[number].atom;
      const others = alike(number);
      readout.replaceChildren(...describe(sites[number]).flat(), others.length > 1 ? `; ${others.length} equivalent sites.` : ".");
      if (!view.stage) show();
      if (view.stage) {
        const scene = view.stage.molecule._viewer;
        atOnce(scene, () => halo(scene, structures[0]));
      }
      for (const listener of view.listeners) listener(others);
    };

    function selectImage(number) {
      if (!structures[number]) return;
      view.image = number;
      element.dataset.selectedSite = number;
      slider.value = number;
      const [distance, energy] = [data.images?.distances_angstrom?.[number], data.images?.energies_ev?.[number]];
      readout.textContent = `Image ${number + 1} of ${structures.length}`
        + (isNumber(distance) ? `, ${decimal(distance, 2)} Å along the path` : "")
        + (isNumber(energy) ? `, ${decimal(energy)} eV` : "") + ".";
      slider.setAttribute("aria-valuetext", readout.textContent);
      if (view.stage) load(false);
      for (const listener of view.listeners) listener([number]);
    }

    // MARK: Around it

    const slider = html("input", { type: "range", min: 0, max: Math.max(0, structures.length - 1), step: 1, value: 0, "aria-label": "Image of the path" });
    slider.addEventListener("input", () => selectImage(Number(slider.value)));
    const again = html("button", { type: "button", class: "quiet" }, "Reset view");
    again.addEventListener("click", () => {
      if (!view.stage) show();
      else look(view.stage.molecule._viewer, structures[isPath ? view.image : 0]);
    });
    // The wheel scrolls the page unless Ctrl is held: a view in the way must not hold it up.
    canvas.addEventListener("wheel", (event) => { if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); }, { capture: true });
    canvas.addEventListener("pointerdown", () => { if (!view.stage) show(); });

    const hint = html("span", { class: "muted" }, "Drag to turn, Ctrl and wheel to zoom.");
    if (sites.length && isInstalled()) readout.textContent = "Click a coloured atom to find it in the plot, or a point to find its atom.";
    if (!isInstalled()) {
      element.dataset.state = "absent";
      canvas.classList.add("is-absent");
      canvas.append(html("p", { class: "view-absent" }, "The viewer of structures was not installed when this page was written. Run ",
        html("code", null, "./lacuna"), " once in the program’s folder, which installs chemiscope, and write the report again. The numbers and plots need no viewer."));
    }
    fillFigure();

    function fillFigure() {
      element.append(html("h4", null, Kit.bounded(data.title, 120)), canvas);
      if (isPath && structures.length > 1) element.append(html("div", { class: "view-slider" }, slider));
      if (isInstalled()) element.append(html("div", { class: "view-bar" }, hint, again));
      element.append(readout);
      if (sites.some((site) => isNumber(site.segregation_ev))) element.append(scaleBar());
      const key = isInstalled() && elementKey();
      if (key) element.append(key);
      element.append(html("figcaption", null, Kit.typeset(clipped(data.caption, 1200))));
    }

    function scaleBar() {
      const stops = Array.from({ length: 21 }, (_, index) => colour(index / 10 - 1, 1));
      const bar = html("span", { class: "scale-bar" });
      bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
      return html("div", { class: "scale", role: "img", "aria-label": `Colours from ${decimal(-reach, 2)} eV, blue, repels vacancies, to ${decimal(reach, 2)} eV, orange-red, attracts vacancies` },
        html("span", null, `${decimal(-reach, 2)} eV`, html("br"), html("b", null, "repels"), " vacancies"), bar,
        html("span", { class: "right" }, `${decimal(reach, 2, true)} eV`, html("br"), html("b", null, "attracts"), " vacancies"));
    }

    function kindsOf(frame, structure) {
      const names = [...new Set(structure.names.filter((_, atom) => isPath || !isMetal(frame, atom)))];
      return new Map(names.map((name, index) => [name, quiet[index % quiet.length]]));
    }

    function elementKey() {
      const frame = data.structures?.[0];
      if (!frame) return null;
      const chip = (color, text) => {
        const dot = html("i");
        dot.style.background = color;
        return html("li", null, dot, text);
      };
      const entries = [...kindsOf(frame, structures[0])].map(([name, color]) => chip(color, isPath ? name : `${name}, substrate`));
      if (!isPath && structures[0].names.some((_, atom) => isMetal(frame, atom) && !covered.has(atom))) entries.push(chip(plain, sites.length ? "metal, not asked for (small)" : "metal"));
      if (isPath && movers().length) entries.push(chip("#0072b2", "the atom that travels"));
      return html("ul", { class: "element-key" }, entries);
    }

    view.onselect = (listener) => view.listeners.push(listener);
    view.show = show;
    if (isPath) selectImage(0);
    watch(view, canvas);
    return view;
  }

  const observer = typeof IntersectionObserver === "undefined" ? null : new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const view = views.get(target);
      view.isNear = isIntersecting;
      if (isIntersecting) view.show();
    }
  }, { rootMargin: "240px 0px" });
  const views = new Map();

  function watch(view, canvas) {
    views.set(canvas, view);
    if (isInstalled()) observer?.observe(canvas);
  }

  // Paper shows every view, also those that were never scrolled to.
  window.addEventListener("beforeprint", () => { for (const view of views.values()) view.show(); });

  return { make };
})();

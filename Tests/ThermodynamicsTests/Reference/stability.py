"""Writes stability.json: pymatgen's hull distances and reactions with a lithium reservoir.

Usage: python3 stability.py > stability.json
       (pymatgen 2026.10.24)

The entries are made up: forty random compositions of Li, P, S and Cl with formation energies drawn from a fixed
seed, in the form that ComputedEntry.as_dict writes, some with a correction. Made-up ones test the mathematics
harder than real ones: many ties, many phases of one composition, and unstable compounds.
"""

import json
import random

from pymatgen.analysis.phase_diagram import GrandPotentialPhaseDiagram, PhaseDiagram
from pymatgen.core import Composition, Element
from pymatgen.entries.computed_entries import ComputedEntry

generator = random.Random(11)
elements = {"Li": -1.9, "P": -5.4, "S": -4.1, "Cl": -1.8}
entries = [ComputedEntry({symbol: 2}, 2 * energy, entry_id=symbol)
           for symbol, energy in elements.items()]
for number in range(40):
    chosen = generator.sample(sorted(elements), generator.randint(2, 4))
    composition = {symbol: generator.randint(1, 6) for symbol in chosen}
    atoms = sum(composition.values())
    energy = sum(elements[s] * n for s, n in composition.items())
    energy -= atoms * generator.uniform(0.0, 1.2)
    correction = generator.choice([0.0, -0.1 * atoms])
    entries.append(ComputedEntry(composition, energy, correction=correction, entry_id=f"r{number}"))

diagram = PhaseDiagram(entries)
potential = elements["Li"]
grand = GrandPotentialPhaseDiagram(entries, {Element("Li"): potential})
rows = []
for entry in entries[4:]:
    if set(entry.composition.as_dict()) == {"Li"}:
        continue
    rest = Composition({s: n for s, n in entry.composition.items() if s.symbol != "Li"})
    units = entry.composition.get_reduced_composition_and_factor()[1]
    before = entry.energy - potential * entry.composition["Li"]
    rows.append({
        "id": entry.entry_id,
        "formula": entry.composition.reduced_formula,
        "composition": {s.symbol: int(n) for s, n in entry.composition.items()},
        "energy_per_atom": entry.energy_per_atom,
        "above_hull": diagram.get_e_above_hull(entry),
        "reaction_with_lithium": (grand.get_hull_energy(rest) - before) / units,
    })
print(json.dumps({
    "entries": [{"composition": e.composition.as_dict(), "energy": e.uncorrected_energy,
                 "correction": e.correction, "entry_id": e.entry_id} for e in entries],
    "rows": rows}, indent=None, separators=(",", ":")))

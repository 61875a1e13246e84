"""Times pymatgen on the surfaces or the matches of the reference data, and prints one JSON line.

Usage: python pymatgen_interfaces.py surfaces CRYSTALS.json
       python pymatgen_interfaces.py matches MATCHES.json
"""

import json
import sys
import time
import warnings

import numpy as np
from pymatgen.analysis.interfaces.zsl import ZSLGenerator
from pymatgen.core import Lattice, Structure
from pymatgen.core.surface import SlabGenerator, get_symmetrically_distinct_miller_indices

warnings.filterwarnings("ignore")


def surfaces(crystals):
    structures = [Structure(Lattice(c["cell"]), c["species"], c["positions"]) for c in crystals]
    start = time.perf_counter()
    planes = slabs = atoms = 0
    for structure in structures:
        for hkl in get_symmetrically_distinct_miller_indices(structure, 2):
            planes += 1
            for slab in SlabGenerator(structure, hkl, 1, 10, primitive=True).get_slabs():
                slabs += 1
                atoms += len(slab)
    return {"seconds": time.perf_counter() - start, "surfaces": planes, "slabs": slabs,
            "atoms": atoms}


def matches(pairs):
    start = time.perf_counter()
    count = 0
    for pair in pairs:
        film, substrate = ([np.array([*v, 0.0]) for v in pair[key]] for key in ("film", "substrate"))
        count += sum(1 for _ in ZSLGenerator(max_area=400)(film, substrate))
    return {"seconds": time.perf_counter() - start, "pairs": len(pairs), "matches": count}


if __name__ == "__main__":
    data = json.load(open(sys.argv[2]))
    print(json.dumps({"surfaces": surfaces, "matches": matches}[sys.argv[1]](data)))

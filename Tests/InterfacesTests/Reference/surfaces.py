"""Writes surfaces.json: pymatgen's slabs of every crystal in crystals.json, indices up to 2.

Usage: python surfaces.py crystals.json FOLDER       (pymatgen 2026.10.24, spglib as it requires)
       python surfaces.py --join FOLDER > surfaces.json

One file for each crystal appears in FOLDER, so an interrupted run goes on where it was.
For each surface: the area of the surface cell, how many slabs pymatgen calls distinct with its
default matching tolerance (0.1 of the mean free length per atom, vacuum included) and with one
fifty times stricter, and the fingerprints of the latter. A fingerprint holds for each element the
number of atoms and the second and fourth moment of their heights about the slab's middle, the
magnitude of the third moment weighted with the atomic number, and for each pair of elements the
sums of w = (1 - (d/R)^2)^3 and of w*d over all distances d < R = 6 angstrom: the composition
profile and the distances, the same for a slab and its mirror image.
"""

import glob
import itertools
import json
import os
import signal
import sys
import time
import warnings
from multiprocessing import Pool

os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure
from pymatgen.core.surface import SlabGenerator, get_symmetrically_distinct_miller_indices

warnings.filterwarnings("ignore")
RADIUS = 6.0
LIMIT_SECONDS = 900


def fingerprint(slab):
    heights = slab.cart_coords @ slab.normal
    heights = heights - (heights.min() + heights.max()) / 2
    symbols = np.array([site.specie.symbol for site in slab])
    numbers = np.array([site.specie.Z for site in slab])
    profile = {}
    for symbol in sorted(set(symbols)):
        z = heights[symbols == symbol]
        profile[symbol] = [len(z), round(float((z**2).sum()), 5), round(float((z**4).sum()), 4)]
    first, second, _, distances = slab.get_neighbor_list(RADIUS)
    weights = (1 - (distances / RADIUS) ** 2) ** 3
    pairs = {}
    for a, b in itertools.combinations_with_replacement(sorted(set(symbols)), 2):
        mask = (symbols[first] == a) & (symbols[second] == b)
        pairs[a + "-" + b] = [round(float(weights[mask].sum()), 5),
                              round(float((weights * distances)[mask].sum()), 5)]
    return {"atoms": len(slab), "thickness": round(float(np.ptp(heights)), 6),
            "skew": round(abs(float((numbers * heights**3).sum())), 3),
            "profile": profile, "pairs": pairs}


class TooSlow(Exception):
    pass


def stop(*_):
    raise TooSlow


def run(job):
    crystal, folder = job
    path = os.path.join(folder, crystal["name"].replace("/", "_") + ".json")
    if os.path.exists(path):
        return
    structure = Structure(Lattice(crystal["cell"]), crystal["species"], crystal["positions"])
    strict = StructureMatcher(ltol=0.002, stol=0.002, angle_tol=0.1, primitive_cell=False,
                              scale=False)
    surfaces, seconds = [], 0.0
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT_SECONDS)
    try:
        for hkl in get_symmetrically_distinct_miller_indices(structure, 2):
            start = time.perf_counter()
            generator = SlabGenerator(structure, hkl, 1, 10, primitive=True)
            loose = generator.get_slabs()
            seconds += time.perf_counter() - start
            slabs = generator.get_slabs(filter_out_sym_slabs=False)
            groups = strict.group_structures(slabs)
            surfaces.append({
                "hkl": list(hkl), "area": round(float(loose[0].surface_area), 6),
                "distinct": len(loose), "strictly_distinct": len(groups),
                "slabs": [fingerprint(group[0]) for group in groups]})
        finished = True
    except TooSlow:
        finished = False
    signal.alarm(0)
    with open(path + ".part", "w") as file:
        json.dump({"name": crystal["name"], "finished": finished, "surfaces": surfaces,
                   "pymatgen_seconds": round(seconds, 2)}, file)
    os.rename(path + ".part", path)
    print(crystal["name"], len(surfaces), round(seconds, 1), finished, flush=True)


def main():
    if sys.argv[1] == "--join":
        results = [json.load(open(path)) for path in sorted(glob.glob(sys.argv[2] + "/*.json"))]
        print("[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in results) + "\n]")
        return
    crystals = json.load(open(sys.argv[1]))
    os.makedirs(sys.argv[2], exist_ok=True)
    crystals.sort(key=lambda crystal: len(crystal["species"]))
    with Pool(2) as pool:
        pool.map(run, [(crystal, sys.argv[2]) for crystal in crystals], chunksize=1)


if __name__ == "__main__":
    main()

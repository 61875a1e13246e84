"""Writes matches.json: pymatgen's Zur-McGill matches of 44 pairs of surfaces up to 400 square angstrom.

Usage: python matches.py crystals.json > matches.json       (pymatgen 2026.10.24)

For each pair: the surface vectors given to ZSLGenerator (default tolerances: area ratio 0.09,
length 0.03, angle 0.01), the number of matches it yields, the smallest area among them, and the
number of matches for each pair of multiples. The film is a metal, the substrate a crystal.
"""

import collections
import json
import sys
import time
import warnings

import numpy as np
from pymatgen.analysis.interfaces.zsl import ZSLGenerator
from pymatgen.core import Lattice, Structure
from pymatgen.core.surface import SlabGenerator

warnings.filterwarnings("ignore")

METALS = {
    "Li": Structure.from_spacegroup("Im-3m", Lattice.cubic(3.436), ["Li"], [[0, 0, 0]]),
    "Na": Structure.from_spacegroup("Im-3m", Lattice.cubic(4.194), ["Na"], [[0, 0, 0]]),
    "Li-hcp": Structure.from_spacegroup(
        "P6_3/mmc", Lattice.hexagonal(3.06, 4.99), ["Li"], [[1 / 3, 2 / 3, 0.25]]),
}
PAIRS = [
    ("Li", (1, 0, 0), name, surface) for name, surface in [
        ("NaCl-AB_cF8_225_a_b", (1, 0, 0)), ("NaCl-AB_cF8_225_a_b", (1, 1, 0)),
        ("Li3OCl", (1, 0, 0)), ("Li3OCl", (1, 1, 0)), ("Li3OCl", (1, 1, 1)),
        ("LiCoO2", (0, 0, 1)), ("TiO2-A2B_tP6_136_f_a", (1, 1, 0)), ("CaTiO3-AB3C_cP5_221_a_c_b", (1, 0, 0)),
        ("Al2O3-A2B3_hR10_167_c_e", (0, 0, 1)), ("MgAl2O4-A2BC4_cF56_227_d_a_e", (1, 1, 1)),
        ("Li2CO3", (0, 0, 1)), ("LiFePO4", (0, 1, 0)), ("ZrO2-A2B_mP12_14_2e_e", (1, 1, 1)),
        ("MoS2-AB2_hP6_194_c_f", (0, 0, 1)), ("CaF2-AB2_cF12_225_a_c", (1, 1, 1)),
        ("Cu2O-A2B_cP6_224_b_a", (1, 1, 1)), ("SiO2-A2B_hP9_152_c_a", (1, 0, 0)),
        ("KAsSe2-ABC2_aP16_1_4a_4a_8a", (1, 0, 0)), ("Li6PS5Cl", (1, 0, 0)),
        ("Li3N-A3B_hP4_191_bc_a", (0, 0, 1))]
] + [
    ("Li", (1, 1, 0), name, surface) for name, surface in [
        ("NaCl-AB_cF8_225_a_b", (1, 1, 1)), ("LiFePO4", (0, 0, 1)), ("BN-AB_hP4_186_b_a", (0, 0, 1)),
        ("FeS2-AB2_cP12_205_a_c", (2, 1, 0)), ("CaCO3-ABC3_hR10_167_a_b_e", (2, 1, 1)),
        ("Li3PO4-beta", (1, 0, 0))]
] + [
    ("Na", (1, 0, 0), name, surface) for name, surface in [
        ("NaCl-AB_cF8_225_a_b", (1, 0, 0)), ("NaZr2P3O12", (1, 0, 2)), ("SiS2-A2B_oI12_72_j_a", (1, 0, 0)),
        ("PbO-AB_tP4_129_a_c", (0, 0, 1)), ("La2CuO4-AB2C4_tI14_139_a_e_ce", (0, 0, 1)),
        ("ZnS-AB_hP4_186_b_b", (1, 0, 0)), ("ZnS-AB_cF8_216_c_a", (1, 1, 0))]
] + [
    ("Na", (1, 1, 0), name, surface) for name, surface in [
        ("Bi2Te3-A2B3_hR5_166_c_ac", (0, 0, 1)), ("GeS-AB_oP8_62_c_c", (0, 1, 0)),
        ("LiFePO4", (1, 0, 1))]
] + [
    ("Li-hcp", (0, 0, 1), name, surface) for name, surface in [
        ("CaF2-AB2_cF12_225_a_c", (1, 1, 1)), ("MgZn2-AB2_hP12_194_f_ah", (0, 0, 1)),
        ("SiO2-A2B_hP9_152_c_a", (0, 0, 1)), ("Li3PO4-beta", (0, 0, 1)), ("WC-AB_hP2_187_d_a", (0, 0, 1))]
] + [
    ("Li-hcp", (1, 0, 0), name, surface) for name, surface in [
        ("Li3PO4-beta", (1, 0, 0)), ("CuO-AB_mC8_15_c_e", (1, 1, 1)), ("Li3Nd3Te2O12", (1, 0, 0))]
]


def vectors(structure, surface):
    slab = SlabGenerator(structure, surface, 1, 10, primitive=True).get_slab()
    a, b = slab.lattice.matrix[:2]
    x = a / np.linalg.norm(a)
    y = np.cross(np.cross(a, b) / np.linalg.norm(np.cross(a, b)), x)
    return [[round(float(v @ x), 10), round(float(v @ y), 10)] for v in (a, b)]


def main():
    crystals = {
        c["name"]: Structure(Lattice(c["cell"]), c["species"], c["positions"])
        for c in json.load(open(sys.argv[1]))}
    results = []
    for metal, metal_surface, name, surface in PAIRS:
        film = vectors(METALS[metal], metal_surface)
        substrate = vectors(crystals[name], surface)
        start = time.perf_counter()
        pad = lambda pair: [np.array([*v, 0.0]) for v in pair]
        matches = list(ZSLGenerator(max_area=400)(pad(film), pad(substrate)))
        seconds = time.perf_counter() - start
        counts = collections.Counter(
            (round(np.linalg.det(m.film_transformation)),
             round(np.linalg.det(m.substrate_transformation))) for m in matches)
        results.append({
            "name": f"{metal}{metal_surface} on {name}{surface}", "film": film,
            "substrate": substrate, "count": len(matches),
            "smallest_area": round(float(min((m.match_area for m in matches), default=0)), 6),
            "by_multiples": [[i, j, n] for (i, j), n in sorted(counts.items())],
            "pymatgen_seconds": round(seconds, 3)})
        print(results[-1]["name"], len(matches), round(seconds, 2), file=sys.stderr, flush=True)
    print("[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in results) + "\n]")


if __name__ == "__main__":
    main()

"""Writes the CIF corpus and what gemmi reads in it.

Usage: python cifs.py ../../InterfacesTests/Reference/crystals.json cif > cifs.json
       (pymatgen 2026.10.24, ase 3.29.0, gemmi 0.7.5, spglib as pymatgen requires)

The files come from different writers and in different dialects: pymatgen with all operations, ASE,
and by hand with nothing but the name of the space group (both origins, both rhombohedral axes,
several monoclinic cells), a Hall symbol, or the number. For each the JSON has gemmi's cell and the
fractional positions of all atoms.
"""

import json
import os
import sys
import warnings

import gemmi
import spglib
from ase.io import write
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor
from pymatgen.io.cif import CifWriter

warnings.filterwarnings("ignore")

PYMATGEN = [
    "KAsSe2-ABC2_aP16_1_4a_4a_8a", "ZrO2-A2B_mP12_14_2e_e", "CuO-AB_mC8_15_c_e", "Li2CO3",
    "GeS-AB_oP8_62_c_c", "LiFePO4", "Li3PO4-beta", "VAu2-A2B_oC12_38_de_ab", "TiO2-A2B_tP6_136_f_a",
    "TiO2-A2B_tI12_141_e_a", "La2CuO4-AB2C4_tI14_139_a_e_ce", "LiCoO2", "Al2O3-A2B3_hR10_167_c_e",
    "NaZr2P3O12", "HgS-AB_hP6_154_a_b", "MoS2-AB2_hP6_194_c_f", "Li3N-A3B_hP4_191_bc_a",
    "FeS2-AB2_cP12_205_a_c", "Li6PS5Cl", "MgAl2O4-A2BC4_cF56_227_d_a_e",
]
ASE = ["SiO2-A2B_hP9_152_c_a", "Cu2O-A2B_cP6_224_b_a", "PbClF-ABC_tP6_129_c_a_c"]

# Name, tags of the space group, cell, sites: nothing but what the file says.
BY_HAND = {
    "spinel-origin-2": ("_space_group_name_H-M_alt 'F d -3 m :2'", (8.08, 8.08, 8.08, 90, 90, 90),
                        [("Mg", 0.125, 0.125, 0.125), ("Al", 0.5, 0.5, 0.5), ("O", 0.2624, 0.2624, 0.2624)]),
    "spinel-origin-1": ("_symmetry_space_group_name_H-M 'F d -3 m :1'", (8.08, 8.08, 8.08, 90, 90, 90),
                        [("Mg", 0, 0, 0), ("Al", 0.625, 0.625, 0.625), ("O", 0.3874, 0.3874, 0.3874)]),
    "calcite-hexagonal": ("_space_group_name_H-M_alt 'R -3 c :H'", (4.99, 4.99, 17.06, 90, 90, 120),
                          [("Ca", 0, 0, 0), ("C", 0, 0, 0.25), ("O", 0.257, 0, 0.25)]),
    "arsenic-rhombohedral": ("_space_group_name_H-M_alt 'R -3 m :R'", (4.13, 4.13, 4.13, 54.1, 54.1, 54.1),
                             [("As", 0.2271, 0.2271, 0.2271)]),
    "lithium-cobaltate-no-axes": ("_symmetry_space_group_name_H-M 'R -3 m'", (2.8166, 2.8166, 14.052, 90, 90, 120),
                                  [("Li", 0, 0, 0.5), ("Co", 0, 0, 0), ("O", 0, 0, 0.2605)]),
    "baddeleyite-p21n": ("_space_group_name_H-M_alt 'P 1 21/n 1'", (5.15, 5.21, 5.32, 90, 99.2, 90),
                         [("Zr", 0.276, 0.041, 0.208), ("O", 0.07, 0.332, 0.345), ("O", 0.442, 0.755, 0.479)]),
    "tenorite-c2c": ("_space_group_name_H-M_alt 'C 1 2/c 1'", (4.6837, 3.4226, 5.1288, 90, 99.54, 90),
                     [("Cu", 0.25, 0.25, 0), ("O", 0, 0.4184, 0.25)]),
    "tenorite-i2a": ("_space_group_name_H-M_alt 'I 1 2/a 1'", (4.6837, 3.4226, 5.1288, 90, 99.54, 90),
                     [("Cu", 0.25, 0.25, 0.25), ("O", 0.25, 0.9184, 0)]),
    "olivine-pbnm": ("_space_group_name_H-M_alt 'P b n m'", (4.692, 10.332, 6.010, 90, 90, 90),
                     [("Li", 0, 0, 0), ("Fe", 0.9747, 0.2822, 0.25), ("P", 0.4182, 0.0948, 0.25),
                      ("O", 0.7428, 0.0968, 0.25), ("O", 0.2060, 0.4571, 0.25), ("O", 0.2848, 0.1656, 0.0465)]),
    "salt-number": ("_space_group_IT_number 225", (5.64, 5.64, 5.64, 90, 90, 90), [("Na", 0, 0, 0), ("Cl", 0.5, 0.5, 0.5)]),
    "salt-hall": ("_space_group_name_Hall '-F 4 2 3'", (5.64, 5.64, 5.64, 90, 90, 90), [("Na", 0, 0, 0), ("Cl", 0.5, 0.5, 0.5)]),
    "quartz-hall": ("_symmetry_space_group_name_Hall ' P 31 2\"'", (4.913, 4.913, 5.405, 90, 90, 120),
                    [("Si", 0.4697, 0, 0.3333333), ("O", 0.4135, 0.2669, 0.4524)]),
}


def by_hand(name):
    tag, cell, sites = BY_HAND[name]
    keys = ["length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"]
    lines = [f"data_{name}", "# nothing but the space group", tag]
    lines += [f"_cell_{key}\t{value}" for key, value in zip(keys, cell)]
    lines += ["loop_", "_atom_site_label", "_atom_site_type_symbol", "_atom_site_fract_x",
              "_atom_site_fract_y", "_atom_site_fract_z", "_atom_site_occupancy"]
    lines += [f"{e}{i} {e} {x} {y} {z} 1.0" for i, (e, x, y, z) in enumerate(sites, 1)]
    return "\n".join(lines) + "\n"


def main():
    crystals = {c["name"]: Structure(Lattice(c["cell"]), c["species"], c["positions"])
                for c in json.load(open(sys.argv[1]))}
    folder = sys.argv[2]
    paths = []
    for name in PYMATGEN:
        paths.append(os.path.join(folder, "pymatgen-" + name.split("-")[0].replace("(", "").replace(")", "") + f"-{len(paths)}.cif"))
        CifWriter(crystals[name], symprec=0.01, significant_figures=10).write_file(paths[-1])
    for name in ASE:
        paths.append(os.path.join(folder, "ase-" + name.split("-")[0] + ".cif"))
        write(paths[-1], AseAtomsAdaptor.get_atoms(crystals[name]))
    for name in BY_HAND:
        paths.append(os.path.join(folder, name + ".cif"))
        open(paths[-1], "w").write(by_hand(name))
    results = []
    for path in paths:
        small = gemmi.read_small_structure(path)
        cell = small.cell
        results.append({
            "file": os.path.basename(path),
            "cell": [cell.a, cell.b, cell.c, cell.alpha, cell.beta, cell.gamma],
            "atoms": [[site.element.name, *(round(x % 1.0, 8) for x in
                       (site.fract.x, site.fract.y, site.fract.z))]
                      for site in small.get_all_unit_cell_sites()]})
        print(path, small.spacegroup_hm, len(results[-1]["atoms"]), file=sys.stderr)
    print("[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in results) + "\n]")


if __name__ == "__main__":
    main()

"""Writes kim.json: LAMMPS's energies and forces for KIM models on rattled triclinic cells.

Usage: python3 kim.py > kim.json
       (LAMMPS 20220106 with kim-api 2.3.0 and openkim-models 2021.01.28, Debian 12)

Each cell is a small supercell of bcc, fcc or CsCl, sheared, with every atom displaced by up to 0.15
angstrom (a fixed seed); the text of the LAMMPS input is below.
"""

import json
import os
import random
import subprocess
import tempfile

MODELS = [
    ("EAM_Dynamo_NicholAckland_2016_Na__MO_048172193005_000", "bcc", 4.29, ["Na"]),
    ("EAM_Dynamo_Mendelev_2015_Na__MO_094065024556_000", "bcc", 4.23, ["Na"]),
    ("MEAM_LAMMPS_KimJungLee_2012_LiMg__MO_427397414195_000", "cscl", 3.45, ["Li", "Mg"]),
    ("MEAM_LAMMPS_KimJungLee_2012_LiMg__MO_427397414195_000", "bcc", 3.49, ["Li"]),
    ("MEAM_LAMMPS_CuiGaoCui_2012_LiSi__MO_557492625287_000", "cscl", 3.2, ["Li", "Si"]),
    ("MEAM_LAMMPS_KimKoLee_2020_Na__MO_321355778754_000", "bcc", 4.25, ["Na"]),
    ("MEAM_LAMMPS_KimKoLee_2020_NaSn__MO_329881861557_000", "cscl", 3.9, ["Na", "Sn"]),
    ("SNAP_ZuoChenLi_2019_Li__MO_732106099012_000", "bcc", 3.47, ["Li"]),
    ("SNAP_ZuoChenLi_2019quadratic_Li__MO_041269750353_000", "bcc", 3.47, ["Li"]),
    ("Morse_Shifted_GirifalcoWeizer_1959LowCutoff_Na__MO_707981543254_004", "bcc", 4.24, ["Na"]),
    ("Morse_Shifted_GirifalcoWeizer_1959HighCutoff_Na__MO_587469264453_004", "fcc", 5.3, ["Na"]),
    ("EAM_Dynamo_LiuAdams_1998_AlMg__MO_019873715786_000", "fcc", 4.1, ["Al", "Mg"]),
]
BASES = {"bcc": [(0, 0, 0), (0.5, 0.5, 0.5)], "cscl": [(0, 0, 0), (0.5, 0.5, 0.5)],
         "fcc": [(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)]}
INPUT = """kim init {model} metal
atom_style atomic
boundary p p p
box tilt large
read_data data
kim interactions {elements}
mass * 1.0
thermo_modify norm no
run 0
print "ENERGY $(pe:%.15g)"
write_dump all custom forces id fx fy fz modify sort id format float %.15g
"""


def cell(structure, edge, elements, seed):
    rng = random.Random(seed)
    size = (2, 2, 3)
    vectors = [[size[0] * edge, 0.0, 0.0], [0.23 * edge, size[1] * edge, 0.0],
               [-0.31 * edge, 0.17 * edge, size[2] * edge]]
    species, positions = [], []
    for i in range(size[0]):
        for j in range(size[1]):
            for k in range(size[2]):
                for number, site in enumerate(BASES[structure]):
                    f = [(i + site[0]) / size[0], (j + site[1]) / size[1], (k + site[2]) / size[2]]
                    positions.append([
                        sum(f[m] * vectors[m][axis] for m in range(3)) + rng.uniform(-0.15, 0.15)
                        for axis in range(3)])
                    species.append(elements[number % len(elements)])
    return vectors, species, positions


def lammps(model, elements, vectors, species, positions):
    with tempfile.TemporaryDirectory() as folder:
        lines = ["x", "", f"{len(species)} atoms", f"{len(elements)} atom types", "",
                 f"0 {vectors[0][0]!r} xlo xhi", f"0 {vectors[1][1]!r} ylo yhi",
                 f"0 {vectors[2][2]!r} zlo zhi",
                 f"{vectors[1][0]!r} {vectors[2][0]!r} {vectors[2][1]!r} xy xz yz", "", "Atoms", ""]
        lines += [f"{n} {elements.index(e) + 1} " + " ".join(repr(x) for x in p)
                  for n, (e, p) in enumerate(zip(species, positions), 1)]
        open(os.path.join(folder, "data"), "w").write("\n".join(lines) + "\n")
        open(os.path.join(folder, "in"), "w").write(
            INPUT.format(model=model, elements=" ".join(elements)))
        done = subprocess.run(["lmp", "-in", "in", "-log", "none"], cwd=folder, text=True,
                              capture_output=True)
        found = [line for line in done.stdout.splitlines() if line.startswith("ENERGY")]
        if not found:
            raise SystemExit(model + "\n" + done.stdout[-1500:] + done.stderr[-500:])
        rows = open(os.path.join(folder, "forces")).read().split("ITEM: ATOMS")[1].splitlines()[1:]
        return float(found[0].split()[1]), [[float(x) for x in row.split()[1:]] for row in rows]


def main():
    results = []
    for number, (model, structure, edge, elements) in enumerate(MODELS):
        vectors, species, positions = cell(structure, edge, elements, 100 + number)
        energy, forces = lammps(model, elements, vectors, species, positions)
        results.append({"model": model, "cell": vectors, "species": species,
                        "positions": positions, "energy": energy, "forces": forces})
    print("[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in results) + "\n]")


if __name__ == "__main__":
    main()

"""Times KIM models in Lacuna, LAMMPS and ASE: called by Benchmarks/potentials.

Usage: python3 potentials.py FOLDER_OF_OUR_BINARIES ROUNDS

Every comparison has the same model (Kim, Jung & Lee 2012, a modified embedded-atom method), the same
structures and the same number of cores; what is compared takes turns, and medians are printed.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

MODEL = "MEAM_LAMMPS_KimJungLee_2012_LiMg__MO_427397414195_000"
EDGE = 3.532
CORES = os.cpu_count()
BINARIES, ROUNDS = sys.argv[1], int(sys.argv[2]) if sys.argv[1] != "ase" else 1


def shell(command, folder, **keywords):
    done = subprocess.run(command, cwd=folder, text=True, capture_output=True, **keywords)
    if done.returncode != 0:
        raise SystemExit(" ".join(command) + "\n" + done.stdout[-2000:] + done.stderr[-2000:])
    return done.stdout


def crystal(cells, layers=None, vacuum=0.0):
    """Cell lengths and positions of bcc lithium, a slab of whole cells where there is a vacuum."""
    repeats = (cells, cells, layers or cells)
    lengths = [EDGE * repeats[0], EDGE * repeats[1], EDGE * repeats[2] + vacuum]
    positions = [
        [EDGE * (n + site) for n, site in zip((i, j, k), (offset,) * 3)]
        for i in range(repeats[0]) for j in range(repeats[1]) for k in range(repeats[2])
        for offset in (0.0, 0.5)]
    return lengths, positions


def rattled(positions, size, seed=7):
    import random
    generator = random.Random(seed)
    return [[x + generator.uniform(-size, size) for x in p] for p in positions]


def write_xyz(path, lengths, positions):
    cell = " ".join(str(lengths[i]) if i == j else "0" for i in range(3) for j in range(3))
    with open(path, "w") as file:
        file.write(f'{len(positions)}\nLattice="{cell}" Properties=species:S:1:pos:R:3\n')
        file.writelines("Li %.10f %.10f %.10f\n" % tuple(p) for p in positions)


def write_data(path, lengths, positions):
    with open(path, "w") as file:
        file.write(f"x\n\n{len(positions)} atoms\n1 atom types\n\n")
        file.writelines(f"0 {length} {axis}lo {axis}hi\n" for length, axis in zip(lengths, "xyz"))
        file.write("\nAtoms\n\n")
        file.writelines("%d 1 %.10f %.10f %.10f\n" % (n, *p) for n, p in enumerate(positions, 1))


def lammps(folder, data, body):
    text = f"""kim init {MODEL} metal
atom_style atomic
boundary p p p
read_data {data}
kim interactions Li
mass * 6.94
{body}
"""
    with open(os.path.join(folder, "in"), "w") as file:
        file.write(text)
    return shell(
        ["mpirun", "--allow-run-as-root", "--oversubscribe", "-np", str(CORES), "lmp", "-in", "in",
         "-log", "none"], folder)


# 1 and 4. Force calls of moving atoms, and how their cost grows.

def our_steps(folder, files, steps):
    rows = json.loads(shell([f"{BINARIES}/potential-benchmark", MODEL, str(steps), *files], folder))
    return {row["atoms"]: row["seconds_per_call"] for row in rows}


def lammps_steps(folder, data, steps, skin):
    out = lammps(folder, data, f"neighbor {skin} bin\ntimestep 0.001\nfix 1 all nve\nrun 1\nrun {steps}")
    return float(re.findall(r"Loop time of ([0-9.e+-]+)", out)[-1]) / steps


def force_calls(folder):
    sizes = {8: 400, 17: 40, 37: 8}  # cells along an edge, and steps: 1024, 9826 and 101306 atoms
    for cells in sizes:
        lengths, positions = crystal(cells)
        positions = rattled(positions, 0.05)
        write_xyz(f"{folder}/{cells}.xyz", lengths, positions)
        write_data(f"{folder}/{cells}.data", lengths, positions)
    ours, theirs, growth = {}, {}, {}
    for _ in range(ROUNDS):
        for cells, steps in sizes.items():
            for atoms, seconds in our_steps(folder, [f"{cells}.xyz"], steps).items():
                ours.setdefault(atoms, []).append(seconds)
        for skin in (0.6, 1.0, 2.0):
            theirs.setdefault(skin, []).append(lammps_steps(folder, "17.data", 40, skin))
        for cells in (8, 37):
            growth.setdefault(cells, []).append(
                lammps_steps(folder, f"{cells}.data", sizes[cells], 0.6))
    medians = {atoms: statistics.median(values) for atoms, values in ours.items()}
    print("force calls, microseconds for each atom")
    for atoms, seconds in medians.items():
        print("  Lacuna  %7d atoms  %6.2f" % (atoms, 1e6 * seconds / atoms))
    best = min((statistics.median(values), skin) for skin, values in theirs.items())
    for skin, values in theirs.items():
        print("  LAMMPS  %7d atoms  %6.2f  (skin %.1f angstrom)" % (
            9826, 1e6 * statistics.median(values) / 9826, skin))
    print("  Lacuna / best LAMMPS at 9826 atoms: %.2f" % (medians[9826] / best[0]))
    per_atom = [seconds / atoms for atoms, seconds in medians.items()]
    other = [statistics.median(growth[cells]) / (2 * cells**3) for cells in growth]
    other.append(statistics.median(theirs[0.6]) / 9826)
    print("  largest / smallest time for each atom from 1,024 to 101,306 atoms: %.2f, LAMMPS %.2f" % (
        max(per_atom) / min(per_atom), max(other) / min(other)))


# 2. A slab of 10,000 atoms with a vacancy, relaxed to 1e-3 eV/angstrom.

LAMMPS_STYLES = {
    "LAMMPS cg": "min_style cg",
    "LAMMPS cg, line quadratic, dmax 0.3": "min_style cg\nmin_modify line quadratic dmax 0.3",
    "LAMMPS fire": "min_style fire",
    "LAMMPS fire, timestep 0.005": "min_style fire\ntimestep 0.005",
}


def ase_relaxation(folder, name):
    """In a process of its own, so that it begins as the others do."""
    out = shell([sys.executable, os.path.abspath(__file__), "ase", name, "slab.xyz"], folder)
    return json.loads(out.splitlines()[-1])


def ase_main(name, path):
    import ase.io
    from ase.calculators.kim import KIM
    from ase.optimize import FIRE, LBFGS
    from ase.optimize.precon import PreconLBFGS
    atoms = ase.io.read(path)
    atoms.calc = KIM(MODEL)
    counter = {"calls": 0}
    calculate = atoms.calc.calculate

    def counted(*arguments, **keywords):
        counter["calls"] += 1
        return calculate(*arguments, **keywords)

    atoms.calc.calculate = counted
    optimizer = {"LBFGS": LBFGS, "FIRE": FIRE, "PreconLBFGS": PreconLBFGS}[name](atoms, logfile=None)
    start = time.perf_counter()
    optimizer.run(fmax=1e-3, steps=3000)
    seconds = time.perf_counter() - start
    print(json.dumps([seconds, counter["calls"], atoms.get_potential_energy()]))


def relaxations(folder):
    lengths, positions = crystal(22, layers=11, vacuum=12)
    # Eleven cells have 22 layers; the highest goes, and one atom of the next.
    top = max(p[2] for p in positions)
    positions = [p for p in positions if p[2] < top - 0.1]
    positions.remove(max(positions, key=lambda p: p[2]))
    write_xyz(f"{folder}/slab.xyz", lengths, positions)
    write_data(f"{folder}/slab.data", lengths, positions)
    runs = {}
    for turn in range(ROUNDS):
        start = time.perf_counter()
        out = shell([f"{BINARIES}/lacuna", "relax", "slab.xyz", "--engine", f"kim:{MODEL}",
                     "--force-threshold", "0.001", "--quiet", "--store", f"{turn}.sqlite"], folder)
        seconds = time.perf_counter() - start
        calls = int(re.search(r"(\d+) force calls", out).group(1))
        energy = float(re.search(r"energy ([-0-9.]+)", out).group(1))
        runs.setdefault("Lacuna", []).append((seconds, calls, energy))
        for name, style in LAMMPS_STYLES.items():
            start = time.perf_counter()
            out = lammps(folder, "slab.data", style + "\nmin_modify norm max\n"
                         'minimize 0 1e-3 100000 100000\nprint "ENERGY $(pe:%.6f)"')
            seconds = time.perf_counter() - start
            calls = int(re.search(r"force evaluations = +\d+ +(\d+)", out).group(1))
            energy = float(re.findall(r"^ENERGY ([-0-9.]+)", out, re.M)[-1])
            runs.setdefault(name, []).append((seconds, calls, energy))
        # ASE takes minutes: once each.
        for name in ("PreconLBFGS", "LBFGS", "FIRE") if turn == 0 else ():
            runs.setdefault(f"ASE {name}", []).append(tuple(ase_relaxation(folder, name)))
    print("\nrelaxation of %d atoms to 1e-3 eV/angstrom" % len(positions))
    ours = statistics.median(r[0] for r in runs["Lacuna"])
    for name, results in runs.items():
        seconds = statistics.median(r[0] for r in results)
        print("  %-36s %8.2f s (%5.1f x)  %4d force calls  %.4f eV" % (
            name, seconds, seconds / ours, results[0][1], results[0][2]))


# 3. A vacancy through six layers.

def paths(folder):
    seconds, calls = [], 0
    for turn in range(ROUNDS):
        start = time.perf_counter()
        out = shell([f"{BINARIES}/lacuna", "path", "--metal", "Li", "--surface", "100", "--engine",
                     f"kim:{MODEL}", "--quiet", "--store", f"path-{turn}.sqlite"], folder)
        seconds.append(time.perf_counter() - start)
        calls = sum(int(row.split()[-1]) for row in out.splitlines() if re.match(r"\s+\d+ +-?\d", row)
                    and row.split()[-1].isdigit())
    print("\nvacancy from layer 1 to 6 of a 4x4x11 slab, 3 images for each hop: %.2f s, %d force calls" % (
        statistics.median(seconds), calls))


if sys.argv[1] == "ase":
    ase_main(sys.argv[2], sys.argv[3])
else:
    with tempfile.TemporaryDirectory() as work:
        print("%d cores, medians of %d" % (CORES, ROUNDS))
        force_calls(work)
        relaxations(work)
        paths(work)

"""Times a learned potential in Lacuna and in ML-PACE's evaluators: called by Benchmarks/evaluation.

Usage: python evaluation.py FOLDER_OF_OUR_BINARIES POTENTIAL ROUNDS

All have their neighbour lists ready and run on one core; what is compared takes turns, and medians are printed.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
from ase.build import bulk
from ase.io import write
from pyace import ACECalculator, ACECTildeBasisSet, ACECTildeEvaluator, aseatoms_to_atomicenvironment
from pyace.evaluator import ACERecursiveEvaluator

binaries, potential, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
folder = tempfile.mkdtemp()
subprocess.run(
    [f"{binaries}/lacuna", "potential", "export", potential, "-o", f"{folder}/a.yace"],
    check=True, capture_output=True)
basis = ACECTildeBasisSet(f"{folder}/a.yace")
names = list(basis.elements_name)

generator = numpy.random.default_rng(7)
metal = bulk("Li" if "Li" in names else names[0], "bcc", a=3.44, cubic=True) * (6, 6, 6)
structures = {"metal, 432 atoms": metal}
if "Cl" in names:
    structures["rock salt, 512 atoms"] = bulk("LiCl", "rocksalt", a=5.13, cubic=True) * (4, 4, 4)
for atoms in structures.values():
    atoms.positions += generator.normal(0, 0.05, atoms.positions.shape)


def theirs(evaluator, atoms, repeats):
    calculator = ACECalculator()
    calculator.set_evaluator(evaluator)
    environment = aseatoms_to_atomicenvironment(
        atoms, cutoff=basis.cutoffmax, elements_mapper_dict={name: i for i, name in enumerate(names)})
    calculator.compute(environment, False)
    start = time.perf_counter()
    for _ in range(repeats):
        calculator.compute(environment, False)
    return (time.perf_counter() - start) / repeats, calculator.energy


def ours(path, repeats):
    done = subprocess.run(
        [f"{binaries}/evaluation-benchmark", potential, str(repeats), path],
        check=True, capture_output=True, text=True)
    row = json.loads(done.stdout)[0]
    return row["seconds_per_call"], row["energy_ev"]


plain = ACECTildeEvaluator(basis)
recursive = ACERecursiveEvaluator(basis)
recursive.set_recursive(True)
print(f"{'microseconds for each atom':28} {'Lacuna':>8} {'ML-PACE':>8} {'recursive':>9} {'ratio':>6}")
for number, (name, atoms) in enumerate(structures.items()):
    path = f"{folder}/{number}.xyz"
    write(path, atoms, format="extxyz", columns=["symbols", "positions"])
    times = {"ours": [], "plain": [], "recursive": []}
    for _ in range(rounds):
        seconds, energy = ours(path, 5)
        times["ours"].append(seconds)
        for key, evaluator in (("plain", plain), ("recursive", recursive)):
            seconds, other = theirs(evaluator, atoms, 5)
            times[key].append(seconds)
            if abs(other - energy) > 1e-5 * len(atoms):
                raise SystemExit(f"energies differ: {energy} and {other} eV")
    medians = {key: 1e6 * statistics.median(values) / len(atoms) for key, values in times.items()}
    fastest = min(medians["plain"], medians["recursive"])
    print(
        f"{name:28} {medians['ours']:8.1f} {medians['plain']:8.1f} {medians['recursive']:9.1f} "
        f"{fastest / medians['ours']:6.2f}")
print("The ratio is the faster of theirs to ours: above 1 ours is faster.")

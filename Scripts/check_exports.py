"""Compares exported potentials with ML-PACE's evaluator: called by Scripts/check-exports.

Usage: python check_exports.py ROOT [NAME...]
"""

import gzip
import io
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
from ase.io import read
from pyace import PyACECalculator

CELLS = 12
ENERGY_EV_PER_ATOM = 1e-8
FORCE_EV_PER_ANGSTROM = 1e-7

root = pathlib.Path(sys.argv[1])
binaries = root / ".build/release"
potentials = root / "Sources/Commands/Potential/Potentials"
names = sys.argv[2:] or sorted(path.stem for path in potentials.glob("*.json"))
failed = False
print(f"{'':10} {'cells':>5} {'atoms':>8} {'energy, eV/atom':>16} {'force, eV/angstrom':>19}")
for name in names:
    scratch = tempfile.TemporaryDirectory()
    folder = pathlib.Path(scratch.name)
    subprocess.run(
        [binaries / "lacuna", "potential", "export", name, "-o", folder / "a.yace"],
        check=True, capture_output=True)
    text = gzip.open(root / f"Results/training-{name}.xyz.gz", "rt").read()
    frames = read(io.StringIO(text), ":", format="extxyz")
    # Cells of all sizes and elements, those with the most elements last in the sorted list.
    frames.sort(key=lambda atoms: (len(set(atoms.get_chemical_symbols())), len(atoms)))
    chosen = [frames[round(i * (len(frames) - 1) / (CELLS - 1))] for i in range(CELLS)]
    paths = []
    for number, atoms in enumerate(chosen):
        paths.append(str(folder / f"{number}.xyz"))
        atoms.calc = None
        # Digits enough that both see the same atoms.
        cell = " ".join(repr(float(x)) for x in atoms.cell.array.ravel())
        rows = [
            f"{symbol} " + " ".join(repr(float(x)) for x in position)
            for symbol, position in zip(atoms.get_chemical_symbols(), atoms.positions)]
        header = f'Lattice="{cell}" Properties=species:S:1:pos:R:3 pbc="T T T"'
        pathlib.Path(paths[-1]).write_text("\n".join([str(len(atoms)), header] + rows) + "\n")
    done = subprocess.run(
        [binaries / "evaluation-benchmark", potentials / f"{name}.json", "1"] + paths,
        check=True, capture_output=True, text=True)
    calculator = PyACECalculator(str(folder / "a.yace"))
    energies, forces = [], []
    for row, atoms in zip(json.loads(done.stdout), chosen, strict=True):
        atoms.calc = calculator
        energies.append(abs(atoms.get_potential_energy() - row["energy_ev"]) / len(atoms))
        forces.append(abs(atoms.get_forces() - numpy.array(row["forces_ev_per_angstrom"])).max())
    scratch.cleanup()
    # numpy's maximum of what holds a nan is nan, and nan is not within any limit.
    energy, force = numpy.max(energies), numpy.max(forces)
    sizes = [len(atoms) for atoms in chosen]
    bad = not (energy <= ENERGY_EV_PER_ATOM and force <= FORCE_EV_PER_ANGSTROM)
    failed = failed or bad
    print(
        f"{name:10} {len(chosen):5} {f'{min(sizes)}-{max(sizes)}':>8} {energy:16.1e} {force:19.1e}"
        + (" too far off" if bad else ""))
sys.exit(1 if failed else 0)

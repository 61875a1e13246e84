"""Counts the force calls of ASE and ase-gpatom for a vacancy that hops from a bcc (100) surface inwards.

The chain is that of `lacuna path`: a slab is relaxed, one vacancy is put in each of the first layers and relaxed,
and the barrier of every hop between neighbouring layers is sought with three images that start from pair
distances. A KIM model gives the forces. A force call is one geometry that the model is asked for; a geometry that
it was asked for before (an end of a band, say) is free.

Every method has the same relaxed ends, those of ASE's BFGS, but for `aidneb-aidmin`, which relaxes its own.
A band has converged when the largest norm of a force on an atom, of the band's forces on all images and the
climbing one too, is below the threshold.

Usage:
    lacuna path --metal Li --engine kim:SNAP_ZuoChenLi_2019_Li --layers 11 --supercell 3x3 --images 3 \\
        --force-threshold 0.02 --store plain.sqlite -o plain
    python3 path_calls.py --model SNAP_ZuoChenLi_2019_Li__MO_732106099012_000 --store plain.sqlite --lacuna plain

Needs: ase from 3.23 on, kimpy, KIM models. AIDNEB needs ase-gpatom 0.1 with ase 3.23, numpy 1 and scipy 1.13: that
of ase-gpatom 1.0.0 fails in its first step (Database.add() takes 3 arguments).
"""

import argparse
import contextlib
import io
import json
import os
import signal
import sqlite3
import sys
import tempfile
import time
import warnings

import numpy as np
from ase import Atoms
from ase.build import bcc100, bulk
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.kim import KIM
from ase.calculators.singlepoint import SinglePointCalculator
from ase.geometry import find_mic
from ase.mep import NEB
from ase.mep.neb import NEBOptimizer
from ase.optimize import BFGS, FIRE, LBFGS

METHODS = ["fire", "bfgs", "lbfgs", "static", "ode"]
SURROGATES = ["aidneb", "aidneb-aidmin"]


class CapReached(Exception):
    """A hop has used up its force calls or its time."""


class Counter:
    """The model, what it answered, and how often it was asked for a new geometry."""

    def __init__(self, model):
        self.model = KIM(model)
        self.answers = {}
        self.calls = 0
        self.cap = float("inf")

    def __deepcopy__(self, _):
        return self

    def answer(self, atoms):
        key = atoms.positions.tobytes()
        if key not in self.answers:
            if self.calls >= self.cap:
                raise CapReached(f"{self.cap} calls")
            self.calls += 1
            self.answers[key] = self.uncounted(atoms)
        return self.answers[key]

    def uncounted(self, atoms):
        copy = atoms.copy()
        copy.calc = self.model
        return copy.get_potential_energy(), copy.get_forces()

    def restart(self, ends=(), cap=float("inf")):
        """Forgets all but the answers for the ends."""
        keys = [end.positions.tobytes() for end in ends]
        self.answers = {key: self.answers[key] for key in keys if key in self.answers}
        self.calls, self.cap = 0, cap


class Counted(Calculator):
    """One image's calculator."""

    implemented_properties = ["energy", "forces", "free_energy"]

    def __init__(self, counter):
        super().__init__()
        self.counter = counter

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        energy, forces = self.counter.answer(atoms)
        self.results = {"energy": energy, "free_energy": energy, "forces": forces.copy()}


class Band(NEB):
    """ASE's band, whose residual is the largest norm of all images: ASE leaves out the climbing one."""

    def get_forces(self):
        forces = super().get_forces()
        self.largest = np.linalg.norm(forces, axis=1).max()
        return forces

    def get_residual(self):
        return self.largest


def relaxed(atoms, counter, fmax):
    """The structure relaxed by BFGS, and its force calls."""
    atoms, before = atoms.copy(), counter.calls
    atoms.calc = Counted(counter)
    BFGS(atoms, logfile=None).run(fmax=fmax, steps=500)
    return atoms, counter.calls - before


def built_slab(counter, arguments):
    """A slab of as many layers as asked for, at the model's lattice parameter, relaxed; calls of both."""
    lattice = arguments.lattice
    if lattice is None:
        from scipy.optimize import minimize_scalar

        def energy(a):
            return counter.answer(bulk(arguments.metal, "bcc", a=a, cubic=True) * (3, 3, 3))[0]

        guess = bulk(arguments.metal, "bcc").cell.cellpar()[0] * 2 / 3**0.5
        lattice = minimize_scalar(energy, bounds=(0.9 * guess, 1.1 * guess), options={"xatol": 1e-4}).x
    slab = bcc100(
        arguments.metal, (arguments.cells, arguments.cells, arguments.layers), a=lattice, vacuum=7.5)
    slab.pbc = True
    return relaxed(slab, counter, arguments.fmax)[0], counter.calls


def stored_slab(path):
    """The slab as lacuna relaxed it: the last geometry with most atoms in its store; no calls."""
    with contextlib.closing(sqlite3.connect(path)) as store:
        rows = [json.loads(row[0]) for row in store.execute("select structure from forceCall order by rowid")]
    most = max(len(row["species"]) for row in rows)
    last = [row for row in rows if len(row["species"]) == most][-1]
    return Atoms(
        last["species"], [position["vector"] for position in last["positions"]],
        cell=[last["cell"][axis] for axis in "abc"], pbc=True)


def ladder(slab, depth):
    """The slab with its vacancy in each layer from the top; the atom that hops is the only one that differs."""
    spacing = 0.5 * np.diff(np.unique(np.round(slab.positions[:, 2], 1)))[len(slab) // 100]
    order = np.argsort(-slab.positions[:, 2])
    layers, last = [], None
    for atom in order:
        z = slab.positions[atom, 2]
        if last is None or last - z > spacing:
            layers.append([])
        layers[-1].append(atom)
        last = z
    chosen = [min(layers[0])]
    for layer in layers[1:depth]:
        vectors = slab.positions[layer] - slab.positions[chosen[-1]]
        lengths = np.round(find_mic(vectors, slab.cell, slab.pbc)[1], 4)
        chosen.append(layer[int(np.argmin(lengths))])
    whole, gone = slab.copy(), chosen[0]
    result = []
    for step, atom in enumerate(chosen):
        if step > 0:
            vector = slab.positions[chosen[step - 1]] - slab.positions[atom]
            whole.positions[atom] += find_mic(vector[None], slab.cell, slab.pbc)[0][0]
        vacancy = whole.copy()
        del vacancy[gone]
        result.append(vacancy)
    return result


def start_of_band(first, last, images):
    """Images from pair distances, without calculators."""
    band = [first.copy() for _ in range(images + 1)] + [last.copy()]
    NEB(band, method="improvedtangent").interpolate(method="idpp", mic=True)
    return band


def frozen(end, counter):
    """The end with its energy and forces, which it was relaxed with."""
    energy, forces = counter.answer(end)
    result = end.copy()
    result.calc = SinglePointCalculator(result, energy=energy, forces=forces)
    return result


def ase_hop(method, first, last, counter, arguments):
    """One hop by a band of ASE: barrier in eV and how it ended."""
    images = start_of_band(first, last, arguments.images)
    images[0], images[-1] = frozen(first, counter), frozen(last, counter)
    for image in images[1:-1]:
        image.calc = Counted(counter)

    def run(climb, fmax):
        band = Band(images, k=arguments.spring, climb=climb, method="improvedtangent")
        if method in ("static", "ode"):
            with contextlib.redirect_stdout(io.StringIO()):
                NEBOptimizer(band, method=method, logfile=None).run(fmax=fmax, steps=100000)
        else:
            optimizer = {"fire": FIRE, "bfgs": BFGS, "lbfgs": LBFGS}[method]
            optimizer(band, logfile=None).run(fmax=fmax, steps=100000)
        return band

    state = "did not converge"
    try:
        if arguments.late_climb:
            run(False, 5 * arguments.fmax)
        if run(True, arguments.fmax).largest < arguments.fmax:
            state = ""
    except CapReached as cap:
        state = f"capped: {cap}"
    energies = [counter.uncounted(image)[0] for image in images]
    return max(energies) - energies[0], state


def aidneb_hop(first, last, counter, arguments):
    """One hop by AIDNEB: barrier in eV by the model's energies at its last images, not counted, and how it ended.

    The note tells the barrier by its own surrogate, and the largest true force of that band with its top climbing.
    """
    from gpatom.aidneb import AIDNEB

    here = os.getcwd()
    state = ""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                search = AIDNEB(
                    frozen(first, counter), frozen(last, counter), calculator=Counted(counter),
                    interpolation=start_of_band(first, last, arguments.images),
                    n_images=arguments.images + 2, trainingset=[])
                signal.alarm(arguments.minutes * 60)
                search.run(fmax=arguments.fmax, unc_convergence=arguments.uncertainty)
        except CapReached as cap:
            state = f"capped: {cap}"
        finally:
            signal.alarm(0)
            os.chdir(here)
    images = search.images
    predicted = [image.get_potential_energy() if image.calc else np.nan for image in images]
    energies = [counter.uncounted(image)[0] for image in images]
    for image in images:
        image.calc = None
        image.calc = SinglePointCalculator(image, **dict(zip(("energy", "forces"), counter.uncounted(image))))
    band = Band(images, k=arguments.spring, climb=True, method="improvedtangent")
    band.get_forces()
    return max(energies) - energies[0], (
        f"{state} predicted {max(predicted) - predicted[0]:.3f}, true residual {band.largest:.3f} eV/A").strip()


def aidmin(atoms, counter, fmax):
    """The structure relaxed by AIDMin, and its force calls."""
    from gpatom.aidmin import AIDMin

    atoms, before, here = atoms.copy(), counter.calls, os.getcwd()
    atoms.calc = Counted(counter)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        os.chdir(folder)
        try:
            AIDMin(atoms, trainingset=[]).run(fmax=fmax)
        finally:
            os.chdir(here)
    return atoms, counter.calls - before


def print_row(name, cells):
    print(f"{name:24s}" + "".join(f"{cell:>15s}" for cell in cells), flush=True)


def lacuna_rows(folder):
    """Prints what lacuna needed, from its output."""
    with open(os.path.join(folder, "path.json")) as file:
        path = json.load(file)
    hops = path["hops"]
    ends = [stop.get("force_calls", 0) for stop in path.get("stops", path.get("layers", []))]
    cells = [f"{hop['force_calls']} ({hop['forward_barrier_ev']:.3f})" for hop in hops]
    total = sum(hop["force_calls"] for hop in hops)
    print_row("lacuna " + folder, [str(sum(ends))] + cells + [str(total), str(total + sum(ends))])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="extended KIM ID")
    parser.add_argument("--metal", default="Li")
    parser.add_argument("--lattice", type=float, help="angstrom; default: relaxed by the model")
    parser.add_argument("--layers", type=int, default=11)
    parser.add_argument("--cells", type=int, default=3, help="cells in the plane, each way")
    parser.add_argument("--depth", type=int, default=6, help="layers that the vacancy visits")
    parser.add_argument("--images", type=int, default=3)
    parser.add_argument("--fmax", type=float, default=0.02, help="eV/angstrom")
    parser.add_argument("--spring", type=float, default=0.1, help="eV/angstrom squared; ASE's default")
    parser.add_argument("--late-climb", action="store_true", help="climb only below five times the threshold")
    parser.add_argument("--uncertainty", type=float, default=0.025, help="AIDNEB's threshold, eV")
    parser.add_argument("--calls", type=int, default=1500, help="force calls of a hop at most")
    parser.add_argument("--minutes", type=int, default=20, help="minutes of a hop of AIDNEB at most")
    parser.add_argument("--store", help="lacuna's store: its relaxed slab is taken")
    parser.add_argument("--lacuna", nargs="*", default=[], help="folders that lacuna path wrote, to compare")
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS + SURROGATES)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")

    def alarmed(*_):
        raise CapReached(f"{arguments.minutes} minutes")

    signal.signal(signal.SIGALRM, alarmed)

    counter = Counter(arguments.model)
    if arguments.store:
        slab = stored_slab(arguments.store)
    else:
        slab, calls = built_slab(counter, arguments)
        print(f"slab of {len(slab)} atoms relaxed, {calls} force calls with the lattice parameter")
    starts = ladder(slab, arguments.depth)

    def relaxed_ends(relaxation, name):
        ends, calls = [], []
        counter.restart()
        for start in starts:
            end, count = relaxation(start, counter, arguments.fmax)
            ends.append(end)
            calls.append(count)
        deepest = counter.answer(ends[-1])[0]
        energies = [counter.answer(end)[0] - deepest for end in ends]
        print(f"ends by {name}: calls {calls}, energies less the deepest's "
              + " ".join(f"{energy:.3f}" for energy in energies), flush=True)
        return ends, sum(calls), dict(counter.answers)

    hops = [f"{layer}-{layer + 1}" for layer in range(1, arguments.depth)]
    ends, end_calls, answers = relaxed_ends(relaxed, "BFGS")
    print("force calls, and barrier inwards in eV; * see the notes below the row")
    print_row("method", ["ends"] + hops + ["hops", "all"])
    for folder in arguments.lacuna:
        lacuna_rows(folder)
    for method in arguments.methods:
        if method == "aidneb-aidmin":
            ends, end_calls, answers = relaxed_ends(aidmin, "AIDMin")
        cells, total, notes = [], 0, []
        began = time.time()
        for hop, first, last in zip(hops, ends, ends[1:]):
            counter.answers = dict(answers)
            counter.restart(ends=(first, last), cap=arguments.calls)
            if method in SURROGATES:
                barrier, note = aidneb_hop(first, last, counter, arguments)
            else:
                barrier, note = ase_hop(method, first, last, counter, arguments)
            cells.append(f"{counter.calls} ({barrier:.3f})" + ("*" if note else ""))
            total += counter.calls
            notes += [f"hop {hop} {note}"] * bool(note)
            print(f"{method} {hop}: {cells[-1]} {note}, {time.time() - began:.0f} s so far", file=sys.stderr)
        print_row(method, [str(end_calls)] + cells + [str(total), str(total + end_calls)])
        print(f"    {time.time() - began:.0f} s" + "".join("; " + note for note in notes), flush=True)


if __name__ == "__main__":
    main()

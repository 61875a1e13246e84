"""Writes neb.json: ASE's climbing NEB for the hop of a vacancy in bulk lithium, with a KIM model.

Usage: python3 neb.py > neb.json
       (ASE 3.29.0, kimpy 2.1.4, kim-api 2.3.0, openkim-models 2021.01.28, Debian 12)

A bcc supercell without its first atom; the neighbour at (1/2, 1/2, 1/2) a moves into its place. Both ends are
relaxed by FIRE to 1e-4 eV/angstrom; 3 images, improved tangent, springs of 3 eV/angstrom^2, FIRE to 5e-4.
Straight lines keep the symmetry of the hop, and in the larger cell end at a saddle that a path without it
undercuts: hence the images are also started with all atoms displaced at random by some 0.03 angstrom.
"""

import json

import numpy as np
from ase.build import bulk
from ase.calculators.kim import KIM
from ase.mep import NEB
from ase.optimize import FIRE

MODEL = "MEAM_LAMMPS_KimJungLee_2012_LiMg__MO_427397414195_000"
A = 3.532


def hop(size, displacement):
    perfect = bulk("Li", "bcc", a=A, cubic=True) * (size, size, size)
    mover = int(np.argmin(np.linalg.norm(perfect.positions - A / 2, axis=1)))
    start = perfect.copy()
    end = perfect.copy()
    end.positions[mover] = perfect.positions[0]
    del start[0], end[0]
    for atoms in (start, end):
        atoms.calc = KIM(MODEL)
        FIRE(atoms, logfile=None).run(fmax=1e-4, steps=5000)
    images = [start] + [start.copy() for _ in range(3)] + [end]
    for image in images[1:-1]:
        image.calc = KIM(MODEL)
    results = []
    for climb, fmax in ((False, 0.02), (True, 5e-4)):
        band = NEB(images, climb=climb, method="improvedtangent", k=3.0)
        if not climb:
            band.interpolate(mic=True)
            for number, image in enumerate(images[1:-1]):
                image.rattle(displacement, seed=number)
        optimizer = FIRE(band, logfile=None)
        optimizer.run(fmax=fmax, steps=5000)
        results.append(optimizer.nsteps)
    energies = [image.get_potential_energy() for image in images]
    return {"size": size, "displacement": displacement, "atoms": len(start), "steps": results,
            "barrier": max(energies) - energies[0], "energies": [e - energies[0] for e in energies]}


hops = [hop(size, displacement) for size in (3, 4) for displacement in (0.0, 0.03)]
print(json.dumps({"model": MODEL, "edge": A, "hops": hops}, indent=1))

"""Force calls of ASE's BFGS on the slabs and the interface of an assessment, as cleaved.

Run by Benchmarks/force-calls under mpirun. The cell and the numbers of layers are those of the
structures that Lacuna wrote; the atoms start on the planes of the bulk crystals.
"""

import sys

import numpy as np
from ase.io import read
from ase.optimize import BFGS
from ase.parallel import parprint
from gpaw import GPAW, PW


def cleaved(atoms, spacing):
    """The atoms on planes of equal spacing, in the order of their heights."""
    atoms = atoms.copy()
    heights = atoms.positions[:, 2]
    layer = np.round((heights - heights.min()) / spacing)
    atoms.positions[:, 2] = heights.min() + layer * spacing
    return atoms


def count(atoms):
    atoms.pbc = True
    atoms.calc = GPAW(mode=PW(350), xc="PBE", kpts={"size": (6, 6, 1), "gamma": True},
                      symmetry={"point_group": False}, txt=None,
                      occupations={"name": "methfessel-paxton", "width": 0.1, "order": 1})
    calls = [0]
    evaluate = atoms.calc.calculate

    def counted(*arguments, **keywords):
        calls[0] += 1
        return evaluate(*arguments, **keywords)

    atoms.calc.calculate = counted
    optimizer = BFGS(atoms, logfile=None)
    optimizer.run(fmax=0.03, steps=60)
    return optimizer.get_number_of_steps() + 1


folder = sys.argv[1]
bulk = read(folder + "/substrate-bulk.cif")
edge = bulk.get_volume() * 4 / (len(bulk) / 2)
substrate_spacing = edge ** (1 / 3) / 2
substrate = cleaved(read(folder + "/substrate-slab.xyz"), substrate_spacing)
metal = read(folder + "/metal-slab.xyz")
heights = np.sort(metal.positions[:, 2])
metal_spacing = (heights[-3] - heights[2]) / (len(metal) - 5)
metal = cleaved(metal, metal_spacing)
interface = read(folder + "/interface.xyz")
n = len(substrate)
interface.positions[:n, 2] = substrate.positions[:, 2] - substrate.positions[:, 2].max()
interface.positions[n:, 2] = (
    metal.positions[:, 2] - metal.positions[:, 2].min() + substrate_spacing)
interface.center(axis=2)
for atoms in (substrate, metal, interface):
    parprint(count(atoms))
parprint("measured in this run: GPAW, ASE's BFGS with its defaults")

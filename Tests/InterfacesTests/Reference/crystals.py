"""Writes crystals.json: the crystals that surfaces and matches are compared on.

Usage: python crystals.py > crystals.json        (pymatgen 2026.10.24)

Most are entries of the AFLOW encyclopedia of crystallographic prototypes (M. J. Mehl et al.,
Comput. Mater. Sci. 136, S1 (2017), doi:10.1016/j.commatsci.2017.01.017) as pymatgen ships them;
the battery materials are written here with their sources. Every crystal is given in the
conventional cell that spglib standardises it to, and the indices of surfaces refer to that cell.
"""

import json
import os
import sys
import warnings

import numpy as np
import pymatgen.analysis.prototypes as prototypes
from monty.serialization import loadfn
from pymatgen.core import Lattice, Structure
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

warnings.filterwarnings("ignore")

# Numbers of the entries in aflow_prototypes.json.gz, over all seven systems.
AFLOW = [
    226, 107,  # triclinic
    197, 46, 117, 120, 138, 116,  # monoclinic
    58, 84, 229, 10, 13, 59, 135, 239, 7, 33, 174, 187, 5, 123, 222, 170,  # orthorhombic
    150, 258, 181, 59, 221, 112, 139, 11, 103, 12, 232, 64, 68, 287, 9, 94, 162,  # tetragonal
    31, 179, 132, 0, 249, 111, 91, 157, 176, 173, 219, 282, 143, 50, 272,  # trigonal
    182, 63, 65, 224, 109, 87, 114, 115, 225, 236, 47, 211, 96,  # hexagonal
    241, 194, 18, 158, 230, 240, 246, 255, 49, 113, 121, 164, 172, 208, 245, 28, 238, 105,
]


def cubic(a):
    return Lattice.cubic(a)


def literature():
    """Battery materials: name, source, structure."""
    group = Structure.from_spacegroup
    # Yonemura et al. / Zhao & Daemen, J. Am. Chem. Soc. 134, 15042 (2012).
    yield "Li3OCl", "doi:10.1021/ja305709z", group(
        "Pm-3m", cubic(3.907), ["Li", "O", "Cl"], [[0.5, 0, 0.5], [0.5, 0.5, 0.5], [0, 0, 0]])
    # Deiseroth et al., Angew. Chem. Int. Ed. 47, 755 (2008); lithium ordered on full 24g sites.
    yield "Li6PS5Cl", "doi:10.1002/anie.200703900, lithium on full 24g", group(
        "F-43m", cubic(9.859), ["Cl", "P", "S", "S", "Li"],
        [[0, 0, 0], [0.5, 0.5, 0.5], [0.25, 0.25, 0.25], [0.6195, 0.6195, 0.6195],
         [0.0183, 0.25, 0.25]])
    # Orman & Wiseman, Acta Cryst. C 40, 12 (1984).
    yield "LiCoO2", "doi:10.1107/S0108270184002833", group(
        "R-3m", Lattice.hexagonal(2.8166, 14.052), ["Li", "Co", "O"],
        [[0, 0, 0.5], [0, 0, 0], [0, 0, 0.2605]])
    # Streltsov et al., Acta Cryst. B 49, 147 (1993).
    yield "LiFePO4", "doi:10.1107/S0108768192004701", group(
        "Pnma", Lattice.orthorhombic(10.332, 6.010, 4.692), ["Li", "Fe", "P", "O", "O", "O"],
        [[0, 0, 0], [0.2822, 0.25, 0.9747], [0.0948, 0.25, 0.4182], [0.0968, 0.25, 0.7428],
         [0.4571, 0.25, 0.2060], [0.1656, 0.0465, 0.2848]])
    # Keffer et al., Inorg. Chem. 6, 119 (1967).
    yield "Li3PO4-beta", "doi:10.1021/ic50047a027", group(
        "Pmn2_1", Lattice.orthorhombic(6.1150, 5.2394, 4.8554), ["Li", "Li", "P", "O", "O", "O"],
        [[0.248, 0.328, 0.986], [0.5, 0.843, 0.989], [0, 0.8243, 0], [0.2080, 0.6864, 0.8949],
         [0, 0.1050, 0.8990], [0.5, 0.1867, 0.8207]])
    # Effenberger & Zemann, Z. Kristallogr. 150, 133 (1979).
    yield "Li2CO3", "doi:10.1524/zkri.1979.150.1-4.133", group(
        "C2/c", Lattice.monoclinic(8.359, 4.9767, 6.194, 114.72), ["Li", "C", "O", "O"],
        [[0.1965, 0.4486, 0.8345], [0, 0.0657, 0.25], [0, 0.3217, 0.25],
         [0.1459, 0.9338, 0.3127]])
    # Hagman & Kierkegaard, Acta Chem. Scand. 22, 1822 (1968).
    yield "NaZr2P3O12", "doi:10.3891/acta.chem.scand.22-1822", group(
        "R-3c", Lattice.hexagonal(8.8043, 22.7585), ["Na", "Zr", "P", "O", "O"],
        [[0, 0, 0], [0, 0, 0.1456], [0.2909, 0, 0.25], [0.1860, 0.9850, 0.1950],
         [0.1910, 0.1680, 0.0870]])
    # O'Callaghan et al., Chem. Mater. 18, 4681 (2006).
    yield "Li3Nd3Te2O12", "doi:10.1021/cm060992t", group(
        "Ia-3d", cubic(12.5563), ["Li", "Nd", "Te", "O"],
        [[0.375, 0, 0.25], [0.125, 0, 0.25], [0, 0, 0], [0.2785, 0.1063, 0.1982]])
    # Triclinic cells of known chemistry: strained as the matrix says, for want of a small one.
    strain = np.array([[1.02, 0.03, -0.04], [0, 0.97, 0.05], [0, 0, 1.01]])
    for name, base in [
        ("Li3OCl-strained", group("Pm-3m", cubic(3.907), ["Li", "O", "Cl"],
                                  [[0.5, 0, 0.5], [0.5, 0.5, 0.5], [0, 0, 0]])),
        ("Li2CO3-strained", None), ("NaCl-strained", group(
            "Fm-3m", cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]))]:
        if base is None:
            base = group(
                "C2/c", Lattice.monoclinic(8.359, 4.9767, 6.194, 114.72), ["Li", "C", "O", "O"],
                [[0.1965, 0.4486, 0.8345], [0, 0.0657, 0.25], [0, 0.3217, 0.25],
                 [0.1459, 0.9338, 0.3127]])
        base = base.get_primitive_structure()
        yield name, "strained by the matrix in crystals.py", Structure(
            Lattice(base.lattice.matrix @ strain.T), base.species, base.frac_coords)


def main():
    path = os.path.join(os.path.dirname(prototypes.__file__), "aflow_prototypes.json.gz")
    entries = loadfn(path)
    seen = set()
    items = []
    for number in dict.fromkeys(AFLOW):
        entry = entries[number]
        structure = entry["snl"].structure
        name = structure.composition.reduced_formula
        tag = entry["tags"]["aflow"]
        items.append((f"{name}-{tag}", f"AFLOW prototype {tag}", structure))
    items += list(literature())
    crystals = []
    for name, source, structure in items:
        assert name not in seen, name
        seen.add(name)
        structure = Structure(
            structure.lattice, [site.specie.symbol for site in structure], structure.frac_coords)
        analyzer = SpacegroupAnalyzer(structure, symprec=0.01)
        cell = analyzer.get_refined_structure()
        crystals.append({
            "name": name,
            "source": source,
            "space_group": analyzer.get_space_group_number(),
            "crystal_system": analyzer.get_crystal_system(),
            "cell": [[float(f"{x:.10f}") for x in row] for row in cell.lattice.matrix],
            "species": [site.specie.symbol for site in cell],
            "positions": [[float(f"{x:.10f}") for x in site.frac_coords] for site in cell],
        })
    lines = ",\n".join(json.dumps(crystal) for crystal in crystals)
    sys.stdout.write("[\n" + lines + "\n]\n")


if __name__ == "__main__":
    main()

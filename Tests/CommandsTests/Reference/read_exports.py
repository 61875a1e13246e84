"""What pymatgen, ASE and vestacrystparser read from the files of an assessment.

    pip install pymatgen==2026.10.24 ase==3.29.0 vestacrystparser==0.3.3
    lacuna assess LiMg --vacancies --engine kim:KimJungLee_2012_LiMg --output results
    python read_exports.py results/LiMg-* > exports.json
"""

import json
import sys
import warnings
from importlib.metadata import version

import ase.io
import numpy as np
import pymatgen.core
from vestacrystparser.parser import VestaFile

warnings.simplefilter("ignore")
folder = sys.argv[1]
with open(folder + "/result.json") as file:
    document = json.load(file)
structure = pymatgen.core.Structure.from_dict(document["structures"]["vacancy-cell"])
properties = structure.site_properties
known = [value for value in properties["segregation_energy_ev"] if value is not None]
frame = ase.io.read(folder + "/vacancy-cell.xyz")
crystal = ase.io.read(folder + "/vacancy-cell.cif")
vesta = VestaFile(folder + "/vacancy-cell.vesta")
colors = [tuple(row[3:6]) for row in vesta["SITET"].data if len(row) > 6]
energies = frame.arrays["segregation_energy_ev"]
print(
    json.dumps(
        {
            "origin": "pymatgen %s, ASE %s, vestacrystparser %s on the files of read_exports.py's command"
            % tuple(map(version, ["pymatgen", "ase", "vestacrystparser"])),
            "pymatgen": {
                "formula": structure.composition.formula,
                "volume": structure.volume,
                "metal_atoms": properties["part"].count("metal"),
                "sites_with_energy": len(known),
                "segregation_energy_sum_ev": sum(known),
                "mean_z_angstrom": float(np.mean(structure.cart_coords[:, 2])),
            },
            "ase_xyz": {
                "atoms": len(frame),
                "volume": frame.get_volume(),
                "metal_atoms": int(sum(frame.arrays["part"] == "metal")),
                "layers": int(frame.arrays["layer"].max()),
                "sites_with_energy": int(np.sum(~np.isnan(energies))),
                "segregation_energy_sum_ev": float(np.nansum(energies)),
                "mean_z_angstrom": float(np.mean(frame.positions[:, 2])),
            },
            "ase_cif": {"atoms": len(crystal), "volume": crystal.get_volume()},
            "vesta": {
                "sites": vesta.nsites,
                "green": colors.count((86, 172, 77)),
                "blue": colors.count((52, 96, 196)),
                "grey": colors.count((168, 168, 168)),
            },
        },
        indent=1,
    )
)

"""Energies, forces and stresses of an exported potential by ML-PACE's own evaluator.

Needs PyPI's python-ace (ACECTildeEvaluator, the C++ code that LAMMPS's pair style pace runs) and ase:
    LACUNA_RECORD=FOLDER swift test --filter PACEFileTests
    python pace_reference.py FOLDER > pace.json
"""

import json
import sys
from importlib.metadata import version

from ase.io import read
from pyace import PyACECalculator

folder = sys.argv[1]
calculator = PyACECalculator(f"{folder}/pace.yace")
answers = []
for atoms in read(f"{folder}/pace.xyz", ":"):
    atoms.calc = calculator
    answers.append(
        {
            "energy_ev": atoms.get_potential_energy(),
            "forces_ev_per_angstrom": atoms.get_forces().tolist(),
            "stress_ev_per_angstrom3": atoms.get_stress().tolist(),
        }
    )
print(
    json.dumps(
        {
            "origin": f"python-ace {version('python-ace')}, ase {version('ase')}; python pace_reference.py FOLDER",
            "answers": answers,
        },
        indent=1,
    )
)

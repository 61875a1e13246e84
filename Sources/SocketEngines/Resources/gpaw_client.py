"""GPAW behind the i-PI protocol: one warm process for many cells.

Started as `gpaw python gpaw_client.py SOCKET LOG`, alone or under mpirun. Rank 0 holds the UNIX
socket; every message is broadcast, so that all ranks act alike. After each answer the client says
NEEDINIT, and the server's INIT carries JSON: the atoms and settings of the next cell. While they
stay the same the calculators of the last geometries are kept, and their wave functions with them.
"""

import gc
import json
import resource
import socket
import struct
import sys
import time

import numpy as np
from ase import Atoms
from ase.units import Bohr, Hartree
from gpaw import GPAW, PW, KohnShamConvergenceError, Mixer, __version__
from gpaw.density import Density
from gpaw.mixer import BaseMixer
from gpaw.mpi import broadcast, world
from gpaw.occupations import MethfesselPaxtonCalculator
from gpaw.pw.density import ReciprocalSpaceDensity
from gpaw.setup import Setups
from gpaw.symmetry import Symmetry
from gpaw.xc import XC


# Of a scaled position: a relaxed geometry keeps its symmetry to the noise of its forces, far below what an energy
# could tell.
SYMMETRY_TOLERANCE = 1e-5
# Wave vector below which changes of the charge are damped, 1/angstrom.
DAMPED_WAVE = 1.0


class NeutralAtoms:
    """Atomic orbitals that start the density with every atom neutral by itself.

    An orbital and its augmentation charge need not add up to the nucleus: lithium's lacks a tenth of an electron,
    chlorine's almost nothing. GPAW scales the whole density to a neutral cell, which moves electrons from the salt
    to the metal, and a cell of 41 angstrom then begins with tens of volts across it. Scaled element by element, a
    Li/LiCl interface takes 23 steps in place of 87, to the same energy within 0.01 meV.
    """

    def __init__(self, orbitals, density):
        self.orbitals = orbitals
        self.density = density
        self.atom_indices = orbitals.atom_indices

    def add_to_density(self, nt_xG, f_asi):
        density = self.density
        moments = density.calculate_multipole_moments()[1]
        charges = np.zeros(len(density.setups))
        for atom, moment in moments.items():
            charges[atom] = moment[0] * np.sqrt(4 * np.pi)
        density.gd.comm.sum(charges)
        scales = {}
        for atom, kind in enumerate(density.setups.id_a):
            if kind not in scales:
                alone = {a: f if a == atom else np.zeros_like(f) for a, f in f_asi.items()}
                electrons = np.zeros_like(nt_xG)
                self.orbitals.add_to_density(electrons, alone)
                count = np.sum(density.gd.integrate(electrons))
                missing = -charges[atom] - density.setups[atom].Nct
                scales[kind] = missing / count if count > 0 and missing > 0 else 1.0
        self.orbitals.add_to_density(
            nt_xG, {a: f * scales[density.setups.id_a[a]] for a, f in f_asi.items()}
        )


def start_from_neutral_atoms():
    """Makes every calculator of this process begin with neutral atoms; the converged density is the same."""
    original = Density.initialize_from_atomic_densities

    def initialize(density, orbitals):
        original(density, NeutralAtoms(orbitals, density))

    Density.initialize_from_atomic_densities = initialize


def fill_states_by_one_fermi_level():
    """Makes Methfessel-Paxton smearing take the Fermi level next to the one of Gaussian smearing.

    Its number of electrons is no monotonic function of the level: where levels are sparse, several fit, and GPAW
    takes the one next to that of the step before. Two starts of one Li/LiCl slab then ended 0.2 eV and 2.3 meV apart.
    Gaussian smearing has one level only, and the search that begins there depends on the geometry alone (F. J. dos
    Santos, N. Marzari, Phys. Rev. B 107, 195122 (2023), doi:10.1103/PhysRevB.107.195122).
    """
    original = MethfesselPaxtonCalculator._calculate

    def calculate(self, electrons, eig_qn, weight_q, f_qn, guess):
        gaussian = MethfesselPaxtonCalculator(self._width, 0, self.parallel_layout)
        level, _ = original(gaussian, electrons, eig_qn, weight_q, f_qn, guess)
        return original(self, electrons, eig_qn, weight_q, f_qn, level)

    MethfesselPaxtonCalculator._calculate = calculate


class DampingMixer(BaseMixer):
    """Pulay's mixer, told by `mix_by_our_rules` to follow a change of the charge the less, the longer its wave."""

    name = "pulay, long waves damped"


def mix_by_our_rules():
    """Makes a `DampingMixer` heeded, and what ranks that share out k points mix the same.

    A charge q that moves in a metal changes the potential by q/k^2: in a cell of 40 angstrom what a step moves may come
    back many times larger. The output density that the mixer is given lacks k0^2/(k^2 + k0^2) of what the whole charge,
    that of the atoms' cores among it, has changed by (G. P. Kerker, Phys. Rev. B 23, 3082 (1981),
    doi:10.1103/PhysRevB.23.3082). Where nothing changes nothing is lacking, so the converged density is the same; how far
    it is from there is told by the whole change.

    Ranks that share out k points keep a density each. Their Fourier transforms may round differently, and Pulay's mixer
    lets the copies drift apart, twice as far with each step: 58 steps in place of 28. So all take that of the first.
    """

    def mix(density, comp_charge):
        mixer = density.mixer.basemixers[0]
        damps = isinstance(mixer, DampingMixer)
        error = None
        if damps and mixer.nt_iG:
            error = density.gd.integrate(np.abs(density.nt_xG[0] - mixer.nt_iG[-1]))
            charge = density.pd3.zeros()
            density.ghat.add(charge, density.Q.calculate(density.D_asp))
            density.map23.add_to2(charge, density.pd2.fft(density.nt_xG[0]))
            change = density.pd2.zeros()
            density.map23.add_to1(change, charge - mixer.charge_before)
            k2, k02 = density.pd2.G2_qG[0], (DAMPED_WAVE * Bohr) ** 2
            density.nt_xG[0] -= density.pd2.ifft(change * (k02 / (k2 + k02)))
        density.redistributor.broadcast_comm.broadcast(density.nt_xG, 0)
        Density.mix(density, comp_charge)
        if damps:
            mixer.charge_before = density.rhot_q.copy()
        if error is not None:
            density.error = error

    ReciprocalSpaceDensity.mix = mix


class Gone(Exception):
    """The server closed the connection."""


class Wire:
    """The socket on rank 0; the other ranks receive what it read."""

    def __init__(self, path):
        self.socket = None
        if world.rank == 0:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.connect(path)

    def read(self, count):
        data = None
        if world.rank == 0:
            parts = []
            while count > 0:
                part = self.socket.recv(count)
                if not part:
                    break
                parts.append(part)
                count -= len(part)
            data = b"".join(parts) if count == 0 else None
        data = broadcast(data, root=0, comm=world)
        if data is None:
            raise Gone
        return data

    def write(self, data):
        if world.rank == 0:
            self.socket.sendall(data)

    def header(self):
        return self.read(12).decode("ascii").strip()

    def write_header(self, text):
        self.write(text.ljust(12).encode("ascii"))

    def integer(self):
        return struct.unpack("=i", self.read(4))[0]

    def numbers(self, count):
        return np.frombuffer(self.read(8 * count), dtype=np.float64).copy()


def number_of_bands(task):
    """More bands of a slab than GPAW's own 0.6 for each electron and 4.

    A wide slab of a metal fills some more bands at one k point than at the next. Where few are left above them the last
    filled ones converge slowly, long after the energy: a lithium slab with a vacancy, halfway through a hop, takes 36
    steps with 30 bands, and 22 with 34 or 38: it gets 35. Bulk cells have few electrons and many k points.
    """
    settings = task["settings"]
    electrons = Setups(task["species"], settings["datasets"], {}, XC(settings["xc"])).nvalence
    return int(np.ceil(0.625 * electrons)) + 8


def make_calculator(task, log, gentle=False, use_point_group=True):
    """A new calculator for a cell; gentle mixing where the usual one failed."""
    settings = task["settings"]
    symmetry = {
        "point_group": bool(settings["point_group"]) and use_point_group,
        "tolerance": SYMMETRY_TOLERANCE,
    }
    cutoff = settings["cutoff_ev"]
    keywords = {}
    if settings.get("grid_spacing_angstrom"):
        # GPAW's own, which falls with the cut-off.
        usual = np.pi / np.sqrt(4 * cutoff / Hartree) * Bohr
        keywords["h"] = min(usual, settings["grid_spacing_angstrom"])
    if task["dipole"]:
        keywords["poissonsolver"] = {"dipolelayer": "xy"}
    # Slabs slosh: more history and a stronger damping of long waves than GPAW's own choice take a lithium slab
    # from 26 steps to 20, with a vacancy from 36 to 20. A lithium chloride interface that starts from neutral atoms
    # takes 23 steps; 25 with (0.1, 5, 50), 31 with (0.2, 8, 100), 58 with (0.4, 8, 100).
    if gentle:
        keywords["mixer"] = Mixer(0.02, 5, 100)
    elif task["damps_long_waves"]:
        # Lithium on its oxide (19 atoms, 37 angstrom, 250 eV, 2 by 2 k points): 52 steps with the mixer below, 49 with
        # (0.02, 12, 100); damped 20, 19 with a weight of 1, 36 with (0.1, 8, 100), 28 with half the wave vector and 0.2.
        # Lithium alone takes 32 steps damped and 19 below, lithium chloride 24 and 21.
        keywords["mixer"] = {
            "method": "separate", "backend": DampingMixer, "beta": 0.3, "nmaxold": 8, "weight": 100}
    else:
        keywords["mixer"] = Mixer(0.1, 8, 100)
    if task["mesh"][2] == 1 and not task["needs_stress"]:
        keywords["nbands"] = number_of_bands(task)
    if task["needs_stress"]:
        # The Pulay term makes the stress the derivative at constant cut-off, not constant basis.
        mode = PW(cutoff, dedecut="estimate")
    else:
        mode = PW(cutoff)
    return GPAW(
        mode=mode,
        xc=settings["xc"],
        setups=settings["datasets"],
        kpts={"size": task["mesh"], "gamma": True},
        symmetry=symmetry,
        occupations={
            "name": "methfessel-paxton",
            "width": settings["smearing_ev"],
            "order": 1,
        },
        convergence={
            "energy": settings["energy_ev_per_electron"],
            "density": settings["density_per_electron"],
            "eigenstates": settings["eigenstates_ev2_per_electron"],
        },
        maxiter=settings["maximum_steps"] * (3 if gentle else 1),
        txt=log,
        **keywords,
    )


def most_symmetric_shift(atoms):
    """The move in the plane of a and b after which the most operations leave the origin where it is.

    GPAW thins its mesh by operations about the origin alone. The axis of a vacancy or an adatom runs through
    one of the columns of atoms: each is tried.
    """
    scaled = atoms.get_scaled_positions(wrap=True)
    columns = {}
    for position in scaled:
        columns.setdefault((round(position[0], 3) % 1, round(position[1], 3) % 1), position)
    best, shift = 0, np.zeros(3)
    candidates = [np.zeros(3)] + [np.array([-p[0], -p[1], 0]) for p in columns.values()]
    for candidate in candidates[:40]:
        symmetry = Symmetry(atoms.numbers, atoms.cell, atoms.pbc, tolerance=SYMMETRY_TOLERANCE)
        symmetry.analyze((scaled + candidate) % 1.0)
        if len(symmetry.op_scc) > best:
            best, shift = len(symmetry.op_scc), candidate @ np.array(atoms.cell)
    return shift


class Geometry:
    """A geometry with the calculator that has its wave functions."""

    def __init__(self, task, cell, positions, log):
        pbc = (True, True, not task["dipole"])
        self.atoms = Atoms(task["species"], positions=positions, cell=cell, pbc=pbc)
        self.shift = np.zeros(3)
        if task["settings"]["point_group"]:
            self.shift = most_symmetric_shift(self.atoms)
            self.atoms.positions += self.shift
        self.atoms.calc = make_calculator(task, log)
        # Number of the call that asked for it last.
        self.asked = 0

    def farthest_move(self, positions):
        """The longest way of any atom to where it is to be, angstrom."""
        return np.linalg.norm(positions + self.shift - self.atoms.positions, axis=1).max()


def free_memory():
    """What is free of the machine's memory, or of what this process may have of it, in bytes; None where no file says."""
    try:
        with open("/proc/meminfo") as file:
            free = 1024 * next(int(line.split()[1]) for line in file if line.startswith("MemAvailable"))
    except OSError:
        return None
    try:
        with open("/sys/fs/cgroup/memory.max") as most, open("/sys/fs/cgroup/memory.current") as own:
            return min(free, int(most.read()) - int(own.read()))
    except (OSError, ValueError):
        # No limit of its own.
        return free


def room_for_one_more(count):
    """Whether memory holds another calculator beside as many as this process has; alike on all ranks.

    Three times what one has taken: one of less symmetry has more k points.
    """
    fits = None
    if world.rank == 0:
        free = free_memory()
        own = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        fits = free is not None and free > 3 * world.size * own / count
    return broadcast(fits, root=0, comm=world)


class Worker:
    """Computes one geometry after the other, and keeps the calculators of the last few of one cell.

    The images of a band are asked for in turns: each goes on from its own wave functions.
    """

    # Images of a band are mostly no more.
    MOST_KEPT = 6
    BROKEN_SYMMETRY = "broken symmetry"

    def __init__(self, log):
        self.log = log
        self.task = None
        # The last used one at the end.
        self.kept = []
        self.calls = 0

    def prepare(self, task):
        """Takes up a task; what was kept of another one goes, and so does its log."""
        if task == self.task:
            return
        self.task = task
        self.kept.clear()
        gc.collect()
        if self.log is not None:
            self.log.seek(0)
            self.log.truncate()

    def nearest(self, cell, positions):
        """Takes out what is kept nearest to a geometry; None where nothing is near.

        Old wave functions are a worse start than none after a long move of any atom. Steps on a Li/LiCl slab, old
        and none: 14 and 18 after 0.02 angstrom, 17 and 18 after 0.05, 24 and 20 after 0.1, 39 and 19 after 0.2 with
        every layer moved. Another cell has other plane waves.
        """
        if self.kept and not np.array_equal(self.kept[-1].atoms.cell, cell):
            self.kept.clear()
        if not self.kept:
            return None
        best = min(self.kept, key=lambda geometry: geometry.farthest_move(positions))
        if best.farthest_move(positions) > 0.1:
            return None
        self.kept.remove(best)
        return best

    def make_room(self):
        """Lets go of what the last calls have not asked for, and of one more where the next has no place."""
        recent = self.calls - 2 * self.MOST_KEPT
        self.kept = [geometry for geometry in self.kept if geometry.asked >= recent]
        count = len(self.kept)
        if count >= self.MOST_KEPT or (count > 0 and not room_for_one_more(count)):
            # Of images that are asked for in turns the one before is the last to come again.
            self.kept.pop()
        # A calculator's parts refer to each other in circles.
        gc.collect()

    def renew(self, geometry, gentle=False):
        """Another calculator without symmetry in the place of one that has failed."""
        geometry.atoms.calc = None
        self.make_room()
        geometry.atoms.calc = make_calculator(
            self.task, self.log, gentle=gentle, use_point_group=False)

    def compute(self, cell, positions):
        started = time.time()
        self.calls += 1
        geometry = self.nearest(cell, positions)
        if geometry is None:
            self.make_room()
            geometry = Geometry(self.task, cell, positions, self.log)
        else:
            geometry.atoms.set_positions(positions + geometry.shift)
        geometry.asked = self.calls
        result, failure = self.attempt(geometry, started)
        if failure == self.BROKEN_SYMMETRY:
            # The geometry left the symmetry that the calculator began with.
            self.renew(geometry)
            result, failure = self.attempt(geometry, started)
        if failure is None:
            self.kept.append(geometry)
            return result
        self.renew(geometry, gentle=True)
        result, failure = self.attempt(geometry, started)
        if failure is None:
            return result
        count = len(self.task["species"])
        nothing = np.full(1, np.nan)[0]
        return (
            nothing,
            np.full((count, 3), nothing),
            np.full((3, 3), nothing),
            {"converged": False, "reason": failure, "seconds": time.time() - started},
        )

    def attempt(self, geometry, started):
        """The answer and None, or None and why there is none."""
        # Only the text is kept: an error holds on to the calculator that it came from.
        try:
            return self.evaluate(geometry.atoms, started), None
        except KohnShamConvergenceError as error:
            return None, str(error)
        except RuntimeError as error:
            if "roken symmetry" not in str(error):
                raise
            return None, self.BROKEN_SYMMETRY

    def evaluate(self, atoms, started):
        # The energy that the forces belong to: the free energy of the smeared electrons.
        energy = atoms.get_potential_energy(force_consistent=True)
        forces = atoms.get_forces()
        virial = np.zeros((3, 3))
        if self.task["needs_stress"]:
            virial = -atoms.get_stress(voigt=False) * atoms.get_volume()
        extras = {
            "converged": True,
            "scf_steps": int(atoms.calc.get_number_of_iterations()),
            "energy_extrapolated_ev": float(atoms.get_potential_energy()),
            "seconds": time.time() - started,
        }
        return energy, forces, virial, extras


def serve(wire, worker):
    ready = False
    result = None
    while True:
        header = wire.header()
        if header == "STATUS":
            if not ready:
                wire.write_header("NEEDINIT")
            elif result is not None:
                wire.write_header("HAVEDATA")
            else:
                wire.write_header("READY")
        elif header == "INIT":
            wire.integer()
            worker.prepare(json.loads(wire.read(wire.integer()).decode("utf-8")))
            ready = True
        elif header == "POSDATA":
            # Columns of the sent matrix are the cell vectors.
            cell = wire.numbers(9).reshape(3, 3).T * Bohr
            wire.numbers(9)
            count = wire.integer()
            positions = wire.numbers(3 * count).reshape(count, 3) * Bohr
            if count != len(worker.task["species"]):
                raise ValueError(
                    "%d positions for %d atoms" % (count, len(worker.task["species"]))
                )
            result = worker.compute(cell, positions)
        elif header == "GETFORCE":
            energy, forces, virial, extras = result
            extras["version"] = __version__
            text = json.dumps(extras).encode("utf-8")
            wire.write_header("FORCEREADY")
            wire.write(struct.pack("=d", energy / Hartree))
            wire.write(struct.pack("=i", len(forces)))
            wire.write((forces * (Bohr / Hartree)).astype(np.float64).tobytes())
            wire.write((virial.T / Hartree).astype(np.float64).tobytes())
            wire.write(struct.pack("=i", len(text)) + text)
            result = None
            ready = False
        elif header == "EXIT":
            return
        else:
            raise ValueError("unknown header %r" % header)


if __name__ == "__main__":
    start_from_neutral_atoms()
    fill_states_by_one_fermi_level()
    mix_by_our_rules()
    # One file for all calculators: GPAW empties one that it opens itself.
    log = open(sys.argv[2], "w", buffering=1) if world.rank == 0 else None
    try:
        serve(Wire(sys.argv[1]), Worker(log))
    except Gone:
        pass

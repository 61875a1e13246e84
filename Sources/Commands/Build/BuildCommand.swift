import ArgumentParser

/// `lacuna build`: structures without an engine.
struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Build slabs, interfaces and vacancies.",
    discussion: """
      Examples: lacuna build slab Li2O --surface 111
                lacuna build slab mine.cif --max-index 1
                lacuna build interface LiCl --metal Li --registry all
                lacuna build vacancy LiCl --max-strain 1 --max-area 120 --layer 1
      """,
    subcommands: [BuildSlabCommand.self, BuildInterfaceCommand.self, BuildVacancyCommand.self])
}

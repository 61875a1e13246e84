import ArgumentParser
import Foundation

/// `lacuna install`: shell completions and the man page.
struct InstallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install",
    abstract: "Install shell completions and the man page.",
    discussion: """
      Writes into the folders where bash, zsh, fish and man look for a user's own files; --prefix names \
      another place, for all users /usr/local. For zsh the folder has to be in fpath, which the last line says.

      Example: lacuna install
      """)

  @Option(help: ArgumentHelp("Where share/man and the completions go.", valueName: "folder"))
  var prefix: String?

  mutating func run() throws {
    let environment = ProcessInfo.processInfo.environment
    let home = environment["HOME"] ?? NSHomeDirectory()
    let share =
      prefix.map { "\($0)/share" }
      ?? environment["XDG_DATA_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(home)/.local/share"
    let zsh = "\(share)/zsh/site-functions"
    let files = [
      ("\(share)/man/man1/lacuna.1", try ManualPage().text),
      (
        "\(share)/bash-completion/completions/lacuna",
        LacunaCommand.completionScript(for: .bash)
      ),
      ("\(zsh)/_lacuna", LacunaCommand.completionScript(for: .zsh)),
      (
        "\(share)/fish/vendor_completions.d/lacuna.fish",
        LacunaCommand.completionScript(for: .fish)
      ),
    ]
    for (path, text) in files {
      try OutputFile(path, makesFolder: true).write(text)
      print(path)
    }
    print(
      "\nbash and fish find theirs in a new shell. For zsh, in ~/.zshrc before compinit: fpath+=(\(zsh))"
    )
  }
}
